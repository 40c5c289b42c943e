/**
 * The grammar of references, part by part: what is wrong with a host, a repository or a tag. It
 * never takes a whole reference apart, and it never throws.
 *
 * Rule: https://github.com/distribution/reference/blob/v0.6.0/reference.go
 */
import { digestProblem } from "../digest";

/** The form of a reference, for hints. */
export const REFERENCE_FORM =
  "write it as host[:port]/repository[:tag][@digest], for example ghcr.io/org/name:1.0";

/** What is wrong with one part of a reference, and what to write instead. */
export interface Problem {
  /** One clause that names the part. */
  readonly fact: string;
  readonly hint: string;
}

/** Counts the characters behind the host, "library/" included. */
const REPOSITORY_LENGTH = 255;
const TAG_LENGTH = 128;

const DOMAIN_LABEL = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?$/;
const BRACKETED_ADDRESS = /^\[[0-9a-fA-F:]+\]$/;
const COMPONENT = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;

/** Whether the first of several components is a host rather than a namespace of Docker Hub. */
export function isHost(component: string): boolean {
  return component === "localhost" || /[.:A-Z]/.test(component);
}

/** What is wrong with `host[:port]`, or undefined where nothing is. */
export function registryProblem(registry: string): Problem | undefined {
  const bracket = registry.lastIndexOf("]");
  const colon = registry.indexOf(":", bracket + 1);
  const host = colon < 0 ? registry : registry.slice(0, colon);
  const port = colon < 0 ? undefined : registry.slice(colon + 1);
  if (bracket < 0 && registry.lastIndexOf(":") > colon && /^[0-9a-fA-F:]+$/.test(registry)) {
    return {
      fact: `host "${registry}" looks like an IPv6 address without brackets`,
      hint: `write [${registry}]`,
    };
  }
  const problem = host.startsWith("[") ? addressProblem(host) : domainProblem(host);
  if (problem !== undefined) return problem;
  if (port === undefined || /^[0-9]+$/.test(port)) return undefined;
  return {
    fact: port === "" ? `the port after "${host}:" is empty` : `port "${port}" is not a number`,
    hint: `write ${host} or ${host}:5000`,
  };
}

function addressProblem(host: string): Problem | undefined {
  if (BRACKETED_ADDRESS.test(host)) return undefined;
  return {
    fact: host.includes("%")
      ? `host "${host}" is an IPv6 address with a zone`
      : `host "${host}" is not an IPv6 address in brackets`,
    hint: "write the address alone, for example [::1]:5000/repository",
  };
}

function domainProblem(host: string): Problem | undefined {
  if (host.split(".").every((label) => DOMAIN_LABEL.test(label))) return undefined;
  const strange = /[^a-zA-Z0-9.-]/u.exec(host)?.[0];
  const fact =
    strange === undefined
      ? `host "${host}" has a part that is empty or begins or ends with "-"`
      : `host "${host}" contains "${strange}"`;
  return { fact, hint: 'a host consists of letters, digits, "-" and "."' };
}

/** What is wrong with the path of a repository, or undefined where nothing is. */
export function repositoryProblem(repository: string): Problem | undefined {
  for (const component of repository.split("/")) {
    const problem = componentProblem(component);
    if (problem !== undefined) return problem;
  }
  if (repository.length <= REPOSITORY_LENGTH) return undefined;
  return {
    fact: `the repository has ${repository.length} characters, more than ${REPOSITORY_LENGTH}`,
    hint: "use a shorter repository",
  };
}

function componentProblem(component: string): Problem | undefined {
  if (COMPONENT.test(component)) return undefined;
  const named = `repository component "${component}"`;
  if (component === "") return { fact: "a repository component is empty", hint: REFERENCE_FORM };
  const strange = /[^a-zA-Z0-9._-]/u.exec(component)?.[0];
  if (strange !== undefined) {
    return { fact: `${named} contains "${strange}"`, hint: REFERENCE_FORM };
  }
  if (/[A-Z]/.test(component)) {
    return {
      fact: `${named} has upper-case letters`,
      hint: `write "${component.toLowerCase()}": repositories are lower case everywhere`,
    };
  }
  return /^[a-z0-9].*[a-z0-9]$/.test(component)
    ? {
        fact: `${named} has a row of separators that is not allowed`,
        hint: 'between letters and digits stands ".", "_", "__" or any number of "-"',
      }
    : {
        fact: `${named} begins or ends with a separator`,
        hint: "begin and end each component with a letter or a digit",
      };
}

/** What is wrong with a tag, or undefined where nothing is. */
export function tagProblem(tag: string): Problem | undefined {
  if (tag === "") return { fact: 'the tag after ":" is empty', hint: REFERENCE_FORM };
  if (tag.length > TAG_LENGTH) {
    return {
      fact: `the tag has ${tag.length} characters, more than ${TAG_LENGTH}`,
      hint: "use a shorter tag",
    };
  }
  const strange = /[^\w.-]/u.exec(tag)?.[0];
  if (strange === "+") {
    return {
      fact: `tag "${tag}" contains "+"`,
      hint: `write "${tag.replaceAll("+", "_")}": registries hold SemVer build metadata with "_"`,
    };
  }
  if (strange !== undefined) {
    return {
      fact: `tag "${tag}" contains "${strange}"`,
      hint: 'a tag consists of letters, digits, "_", "." and "-"',
    };
  }
  if (/^\w/.test(tag)) return undefined;
  return {
    fact: `tag "${tag}" begins with "${tag.charAt(0)}"`,
    hint: 'begin the tag with a letter, a digit or "_"',
  };
}

/** What is wrong with a digest, or undefined where nothing is. */
export function referenceDigestProblem(digest: string): Problem | undefined {
  const problem = digestProblem(digest);
  if (problem === undefined) return undefined;
  const hint = /:.*:/.test(digest)
    ? "write the tag before the digest: repository:tag@sha256:…"
    : "copy the digest whole, as the registry or `oras resolve` prints it";
  return { fact: `digest "${digest}" is wrong: ${problem}`, hint };
}
