/**
 * Which names may become paths of a tree: one rule for titles, archive entries and whiteouts.
 * It judges text; it never looks at a file system, and never repairs a name that breaks a rule.
 */
import type { Limits } from "../limits";

/** Names that Windows keeps for devices, with or without an extension. */
const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)/i;

/** What nearly all names are made of, and what no rule is about but those of Windows. */
const PLAIN = /^[\w.@+=~ -][\w./@+=~ -]*$/;

/** Components that are empty or a dot. */
const UNCLEAN = /(^|\/)\.?(\/|$)/;

/** No character takes more in UTF-8, for each unit of UTF-16 that it has. */
const MOST_BYTES_OF_UNIT = 3;

/** Why a name must not become a path, or undefined where it may. "a..b" is a name like any other. */
export function pathProblem(
  name: string,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  // One look instead of eight, at each entry of an archive.
  if (PLAIN.test(name) && !name.includes("..") && platform !== "win32") return undefined;
  if (name === "") return "it is empty";
  if (name.includes("\0")) return "it has a NUL character";
  // What is not UTF-8 was decoded to this, and half a character of JSON (\ud800) becomes it on a disk;
  // two such names could become one.
  if (name.includes("\ufffd") || !name.isWellFormed()) return "it is not valid UTF-8";
  if (name.includes("\\")) return "it has a backslash";
  if (name.startsWith("/")) return "it is absolute";
  if (/^[a-z]:/i.test(name)) return "it begins with a drive letter";
  const components = name.split("/");
  if (components.includes("..")) return 'it has a ".." component';
  return platform === "win32" ? windowsProblem(pathComponents(name)) : undefined;
}

/** The components of a name that has no problem; none for the root itself ("./"). */
export function pathComponents(name: string): readonly string[] {
  const components = name.split("/");
  const isClean = !components.includes("") && !components.includes(".");
  return isClean ? components : components.filter((component) => !["", "."].includes(component));
}

/** The name with nothing but its components: "a/b", "a//b" and "./a/b" are one. */
export function pathKey(name: string): string {
  return UNCLEAN.test(name) ? pathComponents(name).join("/") : name;
}

/** The limit that a path exceeds, with what was found, or undefined. */
export function exceededPathLimit(
  components: readonly string[],
  limits: Limits,
): { readonly name: "pathBytes" | "componentBytes"; readonly found: number } | undefined {
  let length = components.length - 1;
  for (const component of components) {
    length += component.length;
    // To count bytes takes longer than all else that is done with a name.
    if (component.length * MOST_BYTES_OF_UNIT <= limits.componentBytes) continue;
    const found = Buffer.byteLength(component);
    if (found > limits.componentBytes) return { name: "componentBytes", found };
  }
  if (length * MOST_BYTES_OF_UNIT <= limits.pathBytes) return undefined;
  const found = Buffer.byteLength(components.join("/"));
  return found > limits.pathBytes ? { name: "pathBytes", found } : undefined;
}

function windowsProblem(components: readonly string[]): string | undefined {
  for (const component of components) {
    if (component.includes(":")) return "it has a colon, which Windows takes for a stream";
    if (/[. ]$/.test(component)) return "a component ends with a dot or a space";
    if (RESERVED.test(component)) return "Windows keeps the name for a device";
  }
  return undefined;
}
