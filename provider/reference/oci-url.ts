/**
 * The URL form of a reference, as OpenTofu writes it for modules:
 * `oci://host/repository//sub/dir?tag=1.0`. Splits it into its parts and checks those that only
 * this form has; the address inside is read like that of any other reference.
 *
 * Rule: https://opentofu.org/docs/language/modules/sources/
 */
import type { Problem } from "./grammar";

export const OCI_SCHEME = "oci://";

/** The parts of the URL. `address` is `host/repository`, here with `[:tag][@digest]`, too. */
export interface OciUrl {
  readonly address: string;
  readonly subPath: string | undefined;
  readonly query: URLSearchParams;
}

/** Splits a text that begins with `oci://`. Nothing is checked yet. */
export function splitOciUrl(text: string): OciUrl {
  const [path, query] = cut(text.slice(OCI_SCHEME.length), "?");
  const [address, subPath] = cut(path, "//");
  // A "+" is meant as it stands (SemVer build metadata), so that its error can name it.
  const pairs = (query ?? "").replaceAll("+", "%2B");
  // It takes away one "?", which is not to be one that the user has written.
  return { address, subPath, query: new URLSearchParams(`?${pairs}`) };
}

/** What is wrong with the query: an unknown, empty or repeated parameter. */
export function queryProblem(query: URLSearchParams): Problem | undefined {
  const hint = "the query of an oci:// reference takes tag=… and digest=…, once each";
  for (const [name, value] of query) {
    if (name !== "tag" && name !== "digest") {
      return { fact: `query parameter "${name}" is unknown`, hint };
    }
    if (query.getAll(name).length > 1) {
      return { fact: `query parameter "${name}" is given twice`, hint };
    }
    if (value === "") return { fact: `query parameter "${name}" is empty`, hint };
  }
  return undefined;
}

/** What is wrong with the part behind `//`: it is a clean relative path that stays inside. */
export function subPathProblem(subPath: string): Problem | undefined {
  const hint = "write a directory of the content: oci://host/repository//sub/dir?tag=1.0";
  if (subPath === "") return { fact: 'the path behind "//" is empty', hint };
  if (/@sha\d+:/.test(subPath)) {
    return {
      fact: `path "${subPath}" holds a digest`,
      hint: "write the digest before the path: oci://host/repository@sha256:…//sub/dir",
    };
  }
  if (/[\u0000-\u001f\u007f\\]/.test(subPath)) {
    return { fact: `path "${subPath}" holds a backslash or a control character`, hint };
  }
  const wrong = subPath.split("/").find((part) => ["", ".", ".."].includes(part));
  if (wrong === undefined) return undefined;
  const what = wrong === "" ? "an empty component" : `the component "${wrong}"`;
  return { fact: `path "${subPath}" has ${what}`, hint };
}

function cut(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}
