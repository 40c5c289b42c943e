/**
 * From the inputs that say how to the options of one host: what is said of the reference's own
 * registry, of any by its name, and of one mirror. Reads certificate files; resolves and dials nothing.
 */
import { registerSecret } from "../redact";
import { normalizedRegistry } from "../docker-hub";
import { parseProxy } from "../registry/proxy";
import type { HostOptions, PullTimeouts } from "../settings/endpoints";
import { certificatesOf, clientPair } from "./pem-inputs";
import type { HostInputs, MirrorInput, RegistryInputs, TransportInputs } from "./transport-types";

/** A host that is asked. */
export interface AskedHost {
  /** Normalized, as in a {@link Reference}. */
  readonly registry: string;
  /** It is the registry of the reference, as the user wrote it: the flat options are its own. */
  readonly isOwn: boolean;
  /** What is said of it as a mirror, and how errors call that: `mirrors[0]`. */
  readonly mirror?: { readonly name: string; readonly options: HostInputs } | undefined;
}

/** Options of one source, and what stands before their names in errors. */
interface Layer {
  readonly options: HostInputs;
  readonly prefix: string;
}

/**
 * How a host is reached. Of `registries` its own entry counts; over it, for the reference's own host,
 * the flat options; and over all, what is said of it as a mirror. Authorities of all are trusted. Of
 * the flat options, `proxy` and `timeouts` hold for other hosts as well, where nothing else is said.
 *
 * @throws OciError CONFIG where a file of certificates or keys cannot be used.
 */
export async function hostOptions(
  inputs: TransportInputs,
  { registry, isOwn, mirror }: AskedHost,
  directory: string,
): Promise<HostOptions> {
  const { proxy, timeouts } = inputs;
  const general: HostInputs = {
    ...(proxy === undefined ? {} : { proxy }),
    ...(timeouts === undefined ? {} : { timeouts }),
  };
  const layers: Layer[] = [
    ...(isOwn ? [] : [{ options: general, prefix: "" }]),
    ...namedLayers(inputs, registry),
    ...(isOwn ? [{ options: inputs, prefix: "" }] : []),
    ...(mirror === undefined ? [] : [{ options: mirror.options, prefix: `${mirror.name}.` }]),
  ];
  const read = await Promise.all(layers.map((layer) => optionsOf(layer, directory)));
  const waits = Object.assign({}, ...read.map((options) => options.timeouts)) as PullTimeouts;
  const authorities = read.flatMap((options) => options.caCertificates ?? []);
  return Object.freeze({
    ...(Object.assign({}, ...read) as HostOptions),
    caCertificates: authorities,
    ...(Object.keys(waits).length === 0 ? {} : { timeouts: waits }),
  });
}

/** The mirrors of a registry, as they are given: its own, or those that `registries` has for it. */
export function mirrorsOf(inputs: TransportInputs, registry: string): readonly AskedMirror[] {
  const [name, named] = namedEntry(inputs, registry);
  const prefix = inputs.mirrors === undefined && name !== undefined ? `registries["${name}"].` : "";
  return (inputs.mirrors ?? named?.mirrors ?? []).map((mirror, index) => ({
    ...(typeof mirror === "string" ? { location: mirror } : mirror),
    name: `${prefix}mirrors[${index}]`,
  }));
}

/** A mirror, and how errors call it. */
export interface AskedMirror extends MirrorInput {
  readonly name: string;
}

/** Whether the registry itself is asked behind its mirrors. */
export function hasFallback(inputs: TransportInputs, registry: string): boolean {
  const [, named] = namedEntry(inputs, registry);
  return inputs.fallback ?? named?.fallback ?? true;
}

/** Milliseconds for a whole pull of the registry's content; undefined for no bound. */
export function totalTimeout(inputs: TransportInputs, registry: string): number | undefined {
  const [, named] = namedEntry(inputs, registry);
  const seconds = inputs.timeouts?.total ?? named?.timeouts?.total;
  return seconds === undefined ? undefined : milliseconds(seconds);
}

/** None of them may be shown, whichever is used. */
export function registerSecrets(inputs: TransportInputs): void {
  const registries = Object.values(inputs.registries ?? {}).map((options) => options ?? {});
  const hosts = [inputs, ...registries].flatMap(
    (options: RegistryInputs): readonly HostInputs[] => [
      options,
      ...(options.mirrors ?? []).filter((mirror) => typeof mirror !== "string"),
    ],
  );
  for (const { credentials, clientCertificate } of hosts) {
    [credentials?.password, credentials?.identityToken, clientCertificate?.passphrase].forEach(
      registerSecret,
    );
  }
}

function namedLayers(inputs: TransportInputs, registry: string): readonly Layer[] {
  const [name, options] = namedEntry(inputs, registry);
  return name === undefined || options === undefined
    ? []
    : [{ options, prefix: `registries["${name}"].` }];
}

/** What `registries` has for the registry, however it is spelled there. */
function namedEntry(
  { registries = {} }: TransportInputs,
  registry: string,
): readonly [string | undefined, RegistryInputs | undefined] {
  const found = Object.entries(registries).find(([host]) => normalizedRegistry(host) === registry);
  return [found?.[0], found?.[1] ?? undefined];
}

async function optionsOf({ options, prefix }: Layer, directory: string): Promise<HostOptions> {
  const { plainHttp, skipTlsVerify, insecure, credentials, clientCertificate, timeouts } = options;
  const caCertificates = await certificatesOf(
    options.caCertificates,
    `${prefix}caCertificates`,
    directory,
  );
  const pair =
    clientCertificate === undefined
      ? undefined
      : await clientPair(clientCertificate, `${prefix}clientCertificate`, directory);
  const proxy = options.proxy === undefined ? undefined : proxyOf(options.proxy);
  const source = `the input "${prefix}credentials"`;
  return Object.freeze({
    ...(plainHttp === undefined ? {} : { plainHttp }),
    ...(skipTlsVerify === undefined ? {} : { skipTlsVerify }),
    ...(insecure === undefined ? {} : { insecure }),
    caCertificates,
    ...(pair === undefined ? {} : { clientCertificate: pair }),
    ...(credentials === undefined
      ? {}
      : { credentials: { ...credentials, source, explicit: true } }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(timeouts === undefined ? {} : { timeouts: inMilliseconds(timeouts) }),
  });
}

/** @throws where the checks of inputs were left out. */
function proxyOf(text: string): URL | "none" {
  if (text === "none") return "none";
  const proxy = parseProxy(text);
  if (proxy === undefined) throw new TypeError("the proxy was not checked");
  registerSecret(proxy.password);
  registerSecret(decodeURIComponent(proxy.password));
  return proxy;
}

function inMilliseconds(timeouts: NonNullable<HostInputs["timeouts"]>): PullTimeouts {
  const entries = Object.entries(timeouts).map(
    ([name, seconds]) => [name, milliseconds(seconds)] as const,
  );
  return Object.freeze(Object.fromEntries(entries));
}

/** Nought would be no bound at all. */
function milliseconds(seconds: number): number {
  return Math.max(1, Math.round(seconds * 1_000));
}
