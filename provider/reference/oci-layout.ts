/**
 * The form `oci-layout://path[:tag][@digest]`: a folder or a tar file on this machine in the place of a
 * registry. Splits it into its parts; it never looks whether the path is there.
 *
 * Rule: https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 */
import type { Problem } from "./grammar";

export const LAYOUT_SCHEME = "oci-layout://";

/** Stands in the place of the registry: no host has this name. */
export const LAYOUT_REGISTRY = "oci-layout";

/** What is asked for where the reference has neither tag nor digest: what there is. */
export const UNNAMED = "";

const LAYOUT_FORM =
  "write it as oci-layout://path[:tag][@digest], for example oci-layout://./bundle:1.0 or oci-layout:///srv/bundle.tar:1.0";

/** The parts as written. The path has no slashes at its end. */
export interface LayoutParts {
  readonly path: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** Splits a text that begins with `oci-layout://`. Nothing is checked yet. */
export function splitLayout(text: string): LayoutParts {
  const rest = text.slice(LAYOUT_SCHEME.length);
  const last = rest.lastIndexOf("/") + 1;
  const [named, digest] = cut(rest, rest.indexOf("@", last));
  const [path, tag] = cut(named, named.lastIndexOf(":"), last);
  const isRoot = /^\/+$/.test(path);
  return { path: isRoot ? "/" : path.replace(/(?<!\/)\/+$/, ""), tag, digest };
}

/** What is wrong with the text as a whole, or with its path, or undefined where nothing is. */
export function layoutProblem(text: string, { path }: LayoutParts): Problem | undefined {
  if (text !== text.trim()) {
    return { fact: "there is white space around it", hint: `write "${text.trim()}"` };
  }
  if (/[\u0000-\u001f\u007f]/.test(text)) {
    return { fact: "there is a control character in it", hint: LAYOUT_FORM };
  }
  if (path === "") return { fact: "the path is missing", hint: LAYOUT_FORM };
  if (/^~(\/|$)/.test(path)) {
    return { fact: 'the path begins with "~", which only a shell replaces', hint: LAYOUT_FORM };
  }
  if (/^[a-z]:\\/i.test(path)) {
    return {
      fact: 'the path is written with "\\"',
      hint: `write "/" in it: ${path.replaceAll("\\", "/")}`,
    };
  }
  if (path.includes("?")) {
    const hint = 'write the tag behind ":", and rename what has a "?" in its name';
    return { fact: 'the path holds a "?", which is not read as a query here', hint };
  }
  if (path.includes("//")) {
    const hint = "write one slash; a folder of the content is named by the input subPath";
    return { fact: 'the path holds "//"', hint };
  }
  const last = path.slice(path.lastIndexOf("/") + 1);
  if (last.includes(":")) {
    return {
      fact: 'the last part of the path holds a ":", and could be read as a tag',
      hint: "rename the folder or file; the one before the tag is the only one there",
    };
  }
  // With a slash behind it, it is no digest; but what is kept of it is written without one.
  if (!last.includes("@")) return undefined;
  return {
    fact: 'the last part of the path holds an "@", and could be read as a digest',
    hint: "rename the folder or file; the one before the digest is the only one there",
  };
}

/** What a folder of content from there is called: the last part of the path, as far as a name may be. */
export function layoutName(path: string): string {
  const last = path.slice(path.lastIndexOf("/") + 1).replace(/\.tar$/i, "");
  const name = last
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[._-]+|(?<![._-])[._-]+$/g, "");
  return name === "" ? "layout" : name;
}

/** Two parts around the character at `at`, if that lies at `from` or behind it. */
function cut(text: string, at: number, from = 0): readonly [string, string | undefined] {
  return at < from ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
