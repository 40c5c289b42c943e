/**
 * Of a command with two references: which flags cannot be of both. Pure.
 */
import { LAYOUT_REGISTRY } from "../provider/reference/oci-layout";
import { parseReference } from "../provider/reference/parse";
import type { FlagValues } from "./flag-values";
import { FLAGS_OF_A_REGISTRY } from "./pull-list";

/** Of reading, and so of the one side that is read; where both are, mirrors are of each name its own. */
const OF_READING: ReadonlySet<string> = new Set(["mirror", "mirrors"]);

/**
 * What is given for a registry goes to that one alone; undefined where that is clear.
 *
 * @param isRead - Whether both sides are read. Default: the first one alone.
 */
export function sidesProblem(
  texts: readonly string[],
  flags: FlagValues,
  isRead = false,
): string | undefined {
  const registries = new Set(texts.flatMap(registryOf));
  registries.delete(LAYOUT_REGISTRY);
  const [one, other] = registries;
  if (one === undefined || other === undefined) return undefined;
  const flag = FLAGS_OF_A_REGISTRY.find(
    (name) => flags[name] !== undefined && (isRead || !OF_READING.has(name)),
  );
  return (
    flag &&
    `--${flag} is for one registry, and there are ${one} and ${other}: use --registries FILE`
  );
}

/** What is no reference is for others to refuse. */
function registryOf(text: string): readonly string[] {
  try {
    return [parseReference(text).registry];
  } catch {
    return [];
  }
}
