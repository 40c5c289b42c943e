/**
 * What is told of one place on the way of a reference: how it is dialled, with whose certificates,
 * and through which proxy. Pure: it looks for nothing and asks nobody, and holds no secret.
 */
import { asOciError, type OciError } from "./errors";
import type { ManifestHead } from "./registry/client";
import { originOf } from "./registry/failure";
import { givenProxy, proxyRules } from "./registry/proxy";
import type { HostCertificates } from "./settings/certs-d/read";
import type { ProxySettings } from "./settings/settings";
import type { Endpoint } from "./types";

/** One place of a way: passed over, dialled, or an image layout. */
export type ExplainedEndpoint = PassedOver | Dialled | OpenedLayout;

interface Place {
  readonly role: Endpoint["role"];
  /** `registry/repository`, as it is asked for there; Docker Hub is "docker.io". */
  readonly location: string;
  /** What names it: `mirrors[0]`, a table and its file; absent for the reference's own registry. */
  readonly namedBy?: string;
  /** Of a name that may mean several references: which one is asked for here, in full. */
  readonly meaning?: string;
  /** Of a reference with tag and digest: whether it is asked what the tag points to, or why not. */
  readonly tag?: { readonly skipped?: string };
}

/** A place that is not asked. */
export interface PassedOver extends Place {
  /** Why, one clause. */
  readonly skipped: string;
}

/** A place that is asked. */
export interface Dialled extends Place, Dialling {
  readonly skipped?: undefined;
  readonly credential: ExplainedCredential;
  /** What lies on this machine for the host and does not count, one sentence each. */
  readonly notes?: readonly string[];
  /** What it said, where it was asked. */
  readonly answer?: ManifestHead | OciError;
}

/** An image layout: nobody is dialled, and no login is looked for. */
export interface OpenedLayout extends Place {
  readonly skipped?: undefined;
  /** Its folder or tar file; absolute. */
  readonly layout: string;
  /** What it holds for the reference, where it was asked. */
  readonly answer?: ManifestHead | OciError;
}

/** How an endpoint is dialled. */
export interface Dialling {
  /** Of the manifest. */
  readonly url: string;
  /** "https-else-http": HTTP only where no TLS connection can be made. */
  readonly scheme: "https" | "http" | "https-else-http";
  /** Absent for plain HTTP. */
  readonly tls?: ExplainedTls;
  /** "given" for this pull, or the directory of certs.d that has it. */
  readonly clientCertificate?: { readonly source: string };
  readonly proxy?: ExplainedProxy;
  /** Value of `?ns=`. */
  readonly namespaceProxy?: string;
  /** Why it cannot be asked; a pull goes on at the next one. */
  readonly unusable?: OciError;
}

export interface ExplainedTls {
  readonly verified: boolean;
  /** Number of certificates that are trusted beside the system's: given for this pull. */
  readonly givenAuthorities: number;
  /** And those of certs.d, with their directory. */
  readonly hostAuthorities?: { readonly directory: string; readonly count: number };
}

export interface ExplainedProxy {
  /** Without a login; "none" where that of the environment is turned off. */
  readonly url: string;
  /** "given" for this pull, or the variable of the environment. */
  readonly source: string;
}

/** Where the credential comes from; or, where there is none, where it was looked for. */
export type ExplainedCredential =
  { readonly source: string } | { readonly searched: readonly string[] };

/**
 * How the endpoint is dialled.
 * @param name - Tag or digest of the manifest that is asked for.
 * @param certificates - What certs.d has for the host, if it can be read.
 */
export function diallingOf(
  endpoint: Endpoint,
  name: string,
  certificates: HostCertificates | undefined,
  environment: ProxySettings,
): Dialling {
  const { plainHttp, fallsBackToHttp, namespaceProxy } = endpoint;
  const url = manifestUrl(endpoint, name);
  const { proxy, problem } = proxyOf(endpoint, url, environment);
  const unusable = endpoint.unusable ?? problem;
  const source = plainHttp ? undefined : pairSource(endpoint, certificates);
  return {
    url: url.href,
    scheme: plainHttp ? "http" : fallsBackToHttp === true ? "https-else-http" : "https",
    ...(plainHttp ? {} : { tls: tlsOf(endpoint, certificates) }),
    ...(source === undefined ? {} : { clientCertificate: { source } }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(namespaceProxy === undefined ? {} : { namespaceProxy }),
    ...(unusable === undefined ? {} : { unusable }),
  };
}

function manifestUrl({ repository, namespaceProxy, ...endpoint }: Endpoint, name: string): URL {
  const url = new URL(`/v2/${repository}/manifests/${name}`, originOf(endpoint));
  if (namespaceProxy !== undefined) url.searchParams.set("ns", namespaceProxy);
  return url;
}

/** What certs.d has counts as far as the endpoint holds it. */
function tlsOf({ tls }: Endpoint, certificates: HostCertificates | undefined): ExplainedTls {
  const { directory, certificateAuthorities = [] } = certificates ?? {};
  const all = tls.certificateAuthorities;
  const count = all.filter((text) => certificateAuthorities.includes(text)).length;
  return {
    verified: !tls.skipVerify,
    givenAuthorities: all.length - count,
    ...(directory === undefined || count === 0 ? {} : { hostAuthorities: { directory, count } }),
  };
}

function pairSource(
  { clientCertificate }: Endpoint,
  certificates: HostCertificates | undefined,
): string | undefined {
  if (clientCertificate === undefined) return undefined;
  const isOfHost = clientCertificate.key === certificates?.clientCertificate?.key;
  return (isOfHost ? certificates.directory : undefined) ?? "given";
}

/** The problem is that of a variable that names no proxy: each request would meet it. */
function proxyOf(
  { proxy }: Endpoint,
  url: URL,
  environment: ProxySettings,
): { readonly proxy?: ExplainedProxy; readonly problem?: OciError } {
  if (proxy === "none") return { proxy: { url: "none", source: "given" } };
  try {
    const found = proxy === undefined ? proxyRules(environment)(url) : givenProxy(proxy, url);
    if (found === undefined) return {};
    const variable = url.protocol === "http:" ? "HTTP_PROXY" : "HTTPS_PROXY";
    return { proxy: { url: found.origin, source: proxy === undefined ? variable : "given" } };
  } catch (error) {
    return { problem: asOciError(error, "use", "the proxy") };
  }
}
