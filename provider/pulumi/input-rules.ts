/**
 * The rules of inputs where a type alone does not say enough: halves that go together, names that
 * lead nowhere. A failure names the input and never its value. Pure.
 */
import { globProblem } from "../content/globs";
import { providerSourceProblem } from "../content/provider-mirror";
import { pathProblem } from "../content/path-rules";
import { registryProblem, repositoryProblem } from "../reference/grammar";
import { parseProxy } from "../registry/proxy";
import { trimmedLocation } from "../settings/registries-conf/names";
import { shownLocation } from "../settings/registries-conf/tables";

type Values = Readonly<Record<string, unknown>>;

const REGISTRY_HINT =
  "name a registry by its host and port, without a scheme and a path: registry.example:5000";

/** What breaks a rule; what has a wrong type is left to those who check types. */
export function ruleFailures(values: Values): readonly string[] {
  return [
    ...transportFailures(values, ""),
    ...checkMirrors(values, ""),
    ...checkRegistries(values),
    ...checkSubPath(values),
    ...checkProvider(values),
    ...checkReferrer(values),
    ...checkDestination(values),
    ...checkGlobs(values),
  ];
}

/** Rules for the options of one host; `prefix` stands before their names. */
function transportFailures(values: Values, prefix: string): string[] {
  return [
    ...checkCertificate(values, prefix),
    ...checkCredentials(values, prefix),
    ...checkProxy(values, prefix),
  ];
}

function checkRegistries({ registries }: Values): string[] {
  if (typeof registries !== "object" || registries === null) return [];
  if (Array.isArray(registries)) return [];
  return Object.entries(registries).flatMap(([host, options]: [string, unknown]) => {
    const name = `registries["${host}"]`;
    const problem = registryProblem(host);
    if (problem !== undefined) return [failure(name, problem.fact, REGISTRY_HINT)];
    if (typeof options !== "object" || options === null) return [];
    const inner = [options as Values, `${name}.`] as const;
    return [...transportFailures(...inner), ...checkMirrors(...inner)];
  });
}

function checkMirrors({ mirrors }: Values, prefix: string): string[] {
  if (!Array.isArray(mirrors)) return [];
  return mirrors.flatMap((mirror: unknown, index) => {
    const name = `${prefix}mirrors[${index}]`;
    if (typeof mirror === "string") return checkLocation(mirror, name);
    if (typeof mirror !== "object" || mirror === null) return [];
    const { location } = mirror as Values;
    if (isAbsent(location)) return [failure(name, "it has no location", LOCATION_HINT)];
    const wrong = typeof location === "string" ? checkLocation(location, `${name}.location`) : [];
    return [...wrong, ...transportFailures(mirror as Values, `${name}.`)];
  });
}

function checkLocation(location: string, name: string): string[] {
  if (location === "") return [];
  const [registry = "", ...path] = trimmedLocation(location).split("/");
  const scheme = /^(https?|oci):\/\//i.exec(location)?.[1]?.toLowerCase();
  if (scheme !== undefined) {
    const how = scheme === "http" ? ', as the location, and "plainHttp": true beside it' : "";
    return [failure(name, `it begins with "${scheme}://"`, `write the host alone${how}`)];
  }
  // A login there would be shown, and a password may hold a slash; so no part of the text is.
  if (shownLocation(location) !== location) {
    return [failure(name, "it holds a user name", "give them as credentials beside the location")];
  }
  const problem = registryProblem(registry) ?? repositoryProblem([...path, "x"].join("/"));
  return problem === undefined ? [] : [failure(name, problem.fact, LOCATION_HINT)];
}

const LOCATION_HINT =
  "give the host of the mirror, and the path below which it has the registry's repositories: registry.corp.example:5000/ghcr";

function checkCertificate({ clientCertificate }: Values, prefix: string): string[] {
  if (typeof clientCertificate !== "object" || clientCertificate === null) return [];
  if (Array.isArray(clientCertificate)) return [];
  const halves = clientCertificate as Record<string, unknown>;
  const missing = ["certificate", "key"].filter((half) => isAbsent(halves[half]));
  if (missing.length === 0) return [];
  const fact = `it has no ${missing.join(" and no ")}`;
  return [
    failure(
      `${prefix}clientCertificate`,
      fact,
      "give certificate and key, each a PEM text or a path",
    ),
  ];
}

function checkProxy({ proxy }: Values, prefix: string): string[] {
  if (typeof proxy !== "string" || proxy === "" || proxy === NO_PROXY) return [];
  if (parseProxy(proxy) !== undefined) return [];
  const hint = `give a URL like http://proxy.example:3128, or ${NO_PROXY}`;
  return [failure(`${prefix}proxy`, "it names no proxy that is reached by http: or https:", hint)];
}

function checkSubPath({ subPath }: Values): string[] {
  if (typeof subPath !== "string" || subPath === "") return [];
  const problem = pathProblem(subPath);
  const hint = "give a folder of the content, relative to its root: charts/app";
  return problem === undefined ? [] : [failure("subPath", `as a path, ${problem}`, hint)];
}

function checkProvider({ kind = "auto", providerSource }: Values): string[] {
  if (typeof providerSource !== "string" || providerSource === "") return [];
  const problem = providerSourceProblem(providerSource);
  if (problem !== undefined) {
    const hint = "give it as required_providers has it: registry.opentofu.org/hashicorp/random";
    return [failure("providerSource", problem, hint)];
  }
  if (kind === null || kind === "auto" || kind === "opentofu-provider") return [];
  const fact = "it is of an OpenTofu provider, and another kind is asked for";
  return [failure("providerSource", fact, 'remove it, or set kind: "opentofu-provider"')];
}

function checkReferrer({ referrer }: Values): string[] {
  if (typeof referrer !== "object" || referrer === null || Array.isArray(referrer)) return [];
  if (!isAbsent((referrer as Values)["artifactType"])) return [];
  const hint =
    'give the artifact type of what is wanted: { artifactType: "application/spdx+json" }';
  return [failure("referrer", "it has no artifactType", hint)];
}

function checkDestination({ destination }: Values): string[] {
  if (typeof destination !== "string") return [];
  const hint = "give a folder relative to the program's directory, or an absolute one";
  if (/^~(\/|$)/.test(destination)) {
    return [failure("destination", "it begins with ~, which only a shell replaces", hint)];
  }
  return destination.includes("\0")
    ? [failure("destination", "it holds a NUL character", hint)]
    : [];
}

function checkGlobs(values: Values): string[] {
  return ["include", "exclude"].flatMap((name) => {
    const globs: unknown = values[name];
    if (!Array.isArray(globs)) return [];
    return globs.flatMap((glob, index) => {
      const problem = typeof glob === "string" && glob !== "" ? globProblem(glob) : undefined;
      if (problem === undefined) return [];
      const hint = "give a glob relative to the content's root: charts/**";
      return [failure(`${name}[${index}]`, `it matches nothing: ${problem}`, hint)];
    });
  });
}

function checkCredentials({ credentials }: Values, prefix: string): string[] {
  if (typeof credentials !== "object" || credentials === null) return [];
  const { username, password, identityToken } = credentials as Record<string, unknown>;
  const hasToken = !isAbsent(identityToken);
  const hasLogin = !isAbsent(username) || !isAbsent(password);
  if (hasToken && hasLogin) {
    return [
      failure(`${prefix}credentials`, "it has a login and an identityToken", CREDENTIALS_HINT),
    ];
  }
  if (!hasToken && (isAbsent(username) || isAbsent(password))) {
    return [failure(`${prefix}credentials`, "it is not complete", CREDENTIALS_HINT)];
  }
  return [];
}

/** The value of `proxy` that means: none. */
const NO_PROXY = "none";

const CREDENTIALS_HINT = "give username and password, or identityToken alone";

/** In the form of all errors. The hint is a description of the table, or names to choose from. */
export function failure(name: string, fact: string, hint: string): string {
  return `cannot use input "${name}": ${fact}\nhint: ${hint.replaceAll("`", "")}`;
}

/** As good as not given. */
export function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}
