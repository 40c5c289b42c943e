/**
 * What names may stand in registries.conf: locations, hosts of the search list, aliases. Pure; it
 * says what is wrong, and its callers know where.
 */
import { OciError } from "../../errors";
import { isHost, type Problem, registryProblem, repositoryProblem } from "../../reference/grammar";
import { parseReference } from "../../reference/parse";
import { shownLocation } from "./tables";

/** What an alias or a prefix may not have. */
function hasTagOrDigest(name: string): boolean {
  return name.includes("@") || name.slice(name.lastIndexOf("/") + 1).includes(":");
}

/** The location without slashes at its end. */
export function trimmedLocation(text: string): string {
  return text.replace(/(?<!\/)\/+$/, "");
}

/** What is wrong with a location or prefix before anything is rewritten with it. */
export function locationProblem(key: string, location: string): Problem | undefined {
  if (!/^https?:\/\//.test(location)) return undefined;
  const bare = shownLocation(location.replace(/^https?:\/\//, ""));
  const scheme = location.startsWith("https") ? "https" : "http";
  return {
    fact: `${key} begins with "${scheme}://"`,
    hint:
      scheme === "https"
        ? `write ${key} = "${bare}"`
        : `write ${key} = "${bare}", and insecure = true for a location without TLS`,
  };
}

/** What is wrong with a prefix that begins with `*.`. */
export function wildcardProblem(prefix: string): Problem | undefined {
  if (!prefix.startsWith("*.") || !/[/@:]/.test(prefix)) return undefined;
  return {
    fact: `prefix "${prefix}" is a wildcard with more than a host`,
    hint: 'write prefix = "*.example.com", without port and path',
  };
}

/** Why no reference can ever begin with the prefix, if so. */
export function deadPrefixReason(prefix: string): string | undefined {
  const [host = "", ...path] = prefix.split("/");
  if (prefix === "") return "its prefix has nothing but slashes";
  if (host === "index.docker.io") return "references to Docker Hub begin with docker.io";
  if (prefix.slice(prefix.startsWith("*.") ? 2 : 0).includes("*")) {
    return 'a wildcard is "*." at its begin, before a host';
  }
  const last = path.at(-1) ?? "";
  return hasTagOrDigest(last) ? "tables are chosen without tag and digest" : undefined;
}

/** What is wrong with an entry of unqualified-search-registries. */
export function searchRegistryProblem(registry: string): Problem | undefined {
  const fact = registry.includes("@")
    ? "it holds a user name or a digest"
    : registryProblem(registry)?.fact;
  if (fact === undefined) return undefined;
  return {
    fact: `its entry "${shownLocation(registry)}" is no registry: ${fact}`,
    hint: 'write hosts alone: ["quay.io", "registry.example:5000"]',
  };
}

/** What is wrong with an alias; `name` "" takes one back. */
export function aliasProblem(short: string, name: string): Problem | undefined {
  const [first = "", ...rest] = short.split("/");
  if (rest.length > 0 && isRegistryOfAlias(first)) {
    const hint = "an alias is for names without a registry; use a [[registry]] table instead";
    return { fact: `it begins with the registry "${shownLocation(first)}"`, hint };
  }
  if (hasTagOrDigest(short)) return { fact: "it has a tag or a digest", hint: ALIAS_FORM };
  const hasUpperCaseHost =
    deadAliasReason(short) !== undefined && registryProblem(first) === undefined;
  const problem = repositoryProblem(hasUpperCaseHost ? rest.join("/") : short);
  if (problem !== undefined) return { fact: problem.fact, hint: ALIAS_FORM };
  return name === "" ? undefined : fullNameProblem(name);
}

/** Unlike in references, an upper-case word alone is none here: so other readers of the file have it. */
function isRegistryOfAlias(first: string): boolean {
  return first === "localhost" || /[.:]/.test(first);
}

/** Why no reference is ever the alias, if so. */
export function deadAliasReason(short: string): string | undefined {
  const [first = "", ...rest] = short.split("/");
  return rest.length > 0 && isHost(first) ? `"${first}" is read as a registry` : undefined;
}

const ALIAS_FORM = 'write "short/name" = "registry.example/repository"';

function fullNameProblem(name: string): Problem | undefined {
  const shown = shownLocation(name);
  const [first = "", ...rest] = name.split("/");
  if (name.includes("://") || rest.length === 0 || !isRegistryOfAlias(first)) {
    return { fact: `"${shown}" does not begin with a registry`, hint: ALIAS_FORM };
  }
  if (hasTagOrDigest(rest.join("/"))) {
    return { fact: `"${shown}" has a tag or a digest`, hint: ALIAS_FORM };
  }
  try {
    parseReference(name);
    return undefined;
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    return { fact: `"${shown}" cannot be read: ${error.fact}`, hint: error.hint ?? ALIAS_FORM };
  }
}
