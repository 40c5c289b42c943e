/**
 * Which proxy a request goes through, if any: the rules of Go's httpproxy, which the other tools of
 * this field follow. Pure; resolves no name.
 *
 * Rule: https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
 */
import { BlockList, isIP } from "node:net";
import { OciError } from "../errors";
import type { ProxySettings } from "../settings/settings";
import { isLoopback } from "./loopback";

/** The proxy for a URL, or undefined: go there directly. */
export type ProxyFor = (url: URL) => URL | undefined;

/** One entry of NO_PROXY. */
type Exception = (hostname: string, port: string) => boolean;

/** The proxy that an endpoint was given, for a URL on its way; this machine is never behind one. */
export function givenProxy(proxy: URL | "none", url: URL): URL | undefined {
  return proxy === "none" || isLoopback(url.hostname) ? undefined : proxy;
}

/** Reads the variables once. What is no proxy fails with the first request that would need it. */
export function proxyRules({ http, https, none }: ProxySettings): ProxyFor {
  const exceptions = none.split(",").flatMap((entry) => exceptionOf(entry.trim().toLowerCase()));
  return (url) => {
    const isPlain = url.protocol === "http:";
    const text = isPlain ? http : https;
    if (text === undefined || isLoopback(url.hostname)) return undefined;
    const port = url.port === "" ? (isPlain ? "80" : "443") : url.port;
    const hostname = url.hostname.replace(/^\[|\]$/g, "");
    if (exceptions.some((isException) => isException(hostname, port))) return undefined;
    return proxyUrl(text, isPlain ? "HTTP_PROXY" : "HTTPS_PROXY");
  };
}

/** The URL of a proxy, or undefined where the text names none. A host and port alone are an http: proxy. */
export function parseProxy(text: string): URL | undefined {
  const absolute = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(absolute) ? new URL(absolute) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") return undefined;
  return isLegible(url.username) && isLegible(url.password) ? url : undefined;
}

/** Where escapes are broken, there is no telling what the login is. */
function isLegible(escaped: string): boolean {
  try {
    decodeURIComponent(escaped);
    return true;
  } catch {
    return false;
  }
}

function proxyUrl(text: string, variable: string): URL {
  const url = parseProxy(text);
  if (url !== undefined) return url;
  throw new OciError({
    code: "CONFIG",
    verb: "use",
    subject: variable,
    fact: "it names no proxy that is reached by http: or https:",
    hint: `set ${variable} to a value like http://proxy.example:3128, or unset it`,
  });
}

/** At most one; an entry that is nothing excepts nothing. */
function exceptionOf(entry: string): readonly Exception[] {
  if (entry === "") return [];
  if (entry === "*") return [() => true];
  const range = rangeOf(entry);
  if (range !== undefined) {
    return [(hostname) => isIP(hostname) !== 0 && range.check(hostname, familyOf(hostname))];
  }
  const [, bracketed, plain = "", port] =
    /^(?:\[([^\]]*)\]|((?:[^:]|:(?=.*:))*))(?::(\d+))?$/.exec(entry) ?? [];
  const name = bracketed ?? (isIP(entry) === 0 ? plain : entry);
  const wantedPort = isIP(entry) === 0 ? port : undefined;
  if (name === "") return [];
  const suffix = name.startsWith("*.") ? name.slice(1) : name;
  const matches = (hostname: string): boolean => {
    if (isIP(name) !== 0) return hostname === name;
    if (suffix.startsWith(".")) return hostname.endsWith(suffix);
    return hostname === suffix || hostname.endsWith(`.${suffix}`);
  };
  return [
    (hostname, asked) => matches(hostname) && (wantedPort === undefined || wantedPort === asked),
  ];
}

function rangeOf(entry: string): BlockList | undefined {
  const [, address = "", bits = ""] = /^([^/]+)\/(\d{1,3})$/.exec(entry) ?? [];
  const family = isIP(address);
  if (family === 0 || Number(bits) > (family === 4 ? 32 : 128)) return undefined;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), familyOf(address));
  return list;
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 4 ? "ipv4" : "ipv6";
}
