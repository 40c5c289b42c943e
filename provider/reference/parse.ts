/**
 * Takes apart what the user wrote: `host[:port]/repository[:tag][@digest]`, the short names of
 * Docker Hub, and the forms `oci://…` and `oci-layout://…`. It never asks a registry, and adds no tag
 * of its own.
 *
 * Rule: https://github.com/distribution/reference/blob/v0.6.0/normalize.go
 */
import { OciError } from "../errors";
import { DOCKER_HUB, normalizedRegistry } from "../docker-hub";
import type { Reference } from "../types";
import {
  isHost,
  type Problem,
  REFERENCE_FORM,
  referenceDigestProblem,
  registryProblem,
  repositoryProblem,
  tagProblem,
} from "./grammar";
import { LAYOUT_REGISTRY, LAYOUT_SCHEME, layoutProblem, splitLayout } from "./oci-layout";
import { OCI_SCHEME, queryProblem, splitOciUrl, subPathProblem } from "./oci-url";

/** Else an image layout and a registry could be taken for one another. */
const NO_HOST: Problem = {
  fact: `"${LAYOUT_REGISTRY}" is no host: it stands for image layouts`,
  hint: `write ${LAYOUT_SCHEME}path for a folder or a tar file, or the registry's full name`,
};

/** As other tools write it, with one colon; a host with a port, or a tag, has no path behind the word. */
const ALMOST_A_LAYOUT = /^oci-layout:(?:\/\/)?(?!\d+\/)(?=.*\/|(?<=\/\/))/i;

/** What may be a password: all before an "@" that a host and its path follow, not a digest. */
const USER_PART = /^([a-z][a-z0-9+.-]*:\/\/)?(?:(?!\/\/).)*@(?!sha\d+:)(?=[^@/]*\/(?!\/))/i;

/**
 * Parses a reference. `oci://` is a URL: its first component is a host, whatever it looks like.
 *
 * @throws OciError INVALID_REFERENCE, naming the part that is wrong.
 */
export function parseReference(text: string): Reference {
  if (text.startsWith(LAYOUT_SCHEME)) return parseLayout(text);
  check(text, wholeProblem(text));
  if (text.startsWith(OCI_SCHEME)) return parseOciUrl(text);
  check(text, bareProblem(text));
  const slash = text.indexOf("/");
  const first = text.slice(0, Math.max(slash, 0));
  return Object.freeze(
    isHost(first)
      ? parseAddress(text, first, text.slice(slash + 1))
      : parseAddress(text, DOCKER_HUB, text),
  );
}

function parseLayout(text: string): Reference {
  const parts = splitLayout(text);
  check(text, layoutProblem(text, parts));
  const { path, tag, digest } = parts;
  check(text, tag === undefined ? undefined : tagProblem(tag));
  check(text, digest === undefined ? undefined : referenceDigestProblem(digest));
  return Object.freeze({
    registry: LAYOUT_REGISTRY,
    repository: path,
    layout: path,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  });
}

function parseOciUrl(text: string): Reference {
  const { address, subPath, query } = splitOciUrl(text);
  const slash = address.indexOf("/");
  const registry = slash < 0 ? address : address.slice(0, slash);
  check(text, registry === LAYOUT_REGISTRY ? NO_HOST : undefined);
  const written = parseAddress(text, registry, slash < 0 ? "" : address.slice(slash + 1));
  check(text, subPath === undefined ? undefined : subPathProblem(subPath));
  check(text, queryProblem(query));
  const tag = query.get("tag") ?? undefined;
  const digest = query.get("digest") ?? undefined;
  check(text, twiceProblem("tag", `:${written.tag ?? ""}`, written.tag, tag));
  check(text, twiceProblem("digest", `@${written.digest ?? ""}`, written.digest, digest));
  check(text, tag === undefined ? undefined : tagProblem(tag));
  check(text, digest === undefined ? undefined : referenceDigestProblem(digest));
  return Object.freeze({
    ...written,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
    ...(subPath === undefined ? {} : { subPath }),
  });
}

/** Checks and normalizes `registry` and what stands behind its slash: `repository[:tag][@digest]`. */
function parseAddress(text: string, registry: string, rest: string): Reference {
  check(text, registryProblem(registry));
  const at = rest.indexOf("@");
  const named = at < 0 ? rest : rest.slice(0, at);
  const digest = at < 0 ? undefined : rest.slice(at + 1);
  const colon = named.indexOf(":");
  const path = colon < 0 ? named : named.slice(0, colon);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  check(text, pathProblem(registry, path));
  const reference = {
    ...normalized(registry, path),
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
  check(text, repositoryProblem(reference.repository));
  check(text, tag === undefined ? undefined : tagProblem(tag));
  check(text, digest === undefined ? undefined : referenceDigestProblem(digest));
  return reference;
}

/** Docker Hub has one name here, and its official repositories lie below "library". */
function normalized(registry: string, repository: string): Reference {
  if (normalizedRegistry(registry) !== DOCKER_HUB) return { registry, repository };
  return {
    registry: DOCKER_HUB,
    repository: repository.includes("/") ? repository : `library/${repository}`,
  };
}

function wholeProblem(text: string): Problem | undefined {
  if (text === "") return { fact: "it is empty", hint: REFERENCE_FORM };
  if (text !== text.trim()) {
    return { fact: "there is white space around it", hint: `write "${shown(text.trim())}"` };
  }
  if (/\s/.test(text)) return { fact: "there is white space in it", hint: REFERENCE_FORM };
  if (USER_PART.test(text)) {
    return {
      fact: 'something stands before "@" where the host belongs',
      hint: "leave it out, and give a user name and a password by the option credentials",
    };
  }
  const layout = ALMOST_A_LAYOUT.exec(text)?.[0];
  if (layout !== undefined) {
    const rest = shown(text.slice(layout.length));
    return { fact: `it begins with "${layout}"`, hint: `write "${LAYOUT_SCHEME}${rest}"` };
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1];
  if (scheme === undefined || scheme === "oci") return undefined;
  const rest = shown(text.slice(scheme.length + "://".length));
  const how = scheme.toLowerCase() === "http" ? ", with the option plainHttp" : "";
  return { fact: `it begins with "${scheme}://"`, hint: `write "${rest}"${how}` };
}

/** What is wrong with a reference without `oci://`, before it is taken apart. */
function bareProblem(text: string): Problem | undefined {
  if (/^[0-9a-f]{64}$/.test(text)) {
    return {
      fact: "64 hex digits are an identifier, not a repository",
      hint: `write host/repository@sha256:${text}`,
    };
  }
  const query = text.indexOf("?");
  if (query >= 0) {
    return {
      fact: `the query "${text.slice(query)}" belongs to references that begin with oci://`,
      hint: `write "${shown(OCI_SCHEME + text)}", or the tag behind ":"`,
    };
  }
  if (!text.includes("//") || text.startsWith("//")) return undefined;
  return {
    fact: 'a path behind "//" belongs to references that begin with oci://',
    hint: `write "${shown(OCI_SCHEME + text)}", or one slash`,
  };
}

function pathProblem(registry: string, path: string): Problem | undefined {
  if (path === "") {
    return { fact: `the repository after the host "${registry}" is missing`, hint: REFERENCE_FORM };
  }
  if (path.endsWith("/")) return { fact: "the repository ends with a slash", hint: REFERENCE_FORM };
  if (path.startsWith("/")) {
    return { fact: "the host before the first slash is missing", hint: REFERENCE_FORM };
  }
  return undefined;
}

function twiceProblem(
  part: "tag" | "digest",
  suffix: string,
  written: string | undefined,
  asked: string | undefined,
): Problem | undefined {
  if (written === undefined || asked === undefined) return undefined;
  return {
    fact: `the ${part} is given twice, by "${suffix}" and by the query`,
    hint: `leave out "${suffix}" or ${part}=…`,
  };
}

function check(text: string, problem: Problem | undefined): void {
  if (problem === undefined) return;
  throw new OciError({
    code: "INVALID_REFERENCE",
    verb: "use the reference",
    subject: `"${shown(text)}"`,
    ...problem,
  });
}

/** The text as an error may show it: without what may be a password. */
function shown(text: string): string {
  return text.replace(USER_PART, "$1[hidden]@");
}
