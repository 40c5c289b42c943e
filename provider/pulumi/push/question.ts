/**
 * What a preview and the update of the same run ask alike, as one text. It names no value: annotations may
 * be secret, and the text is written to the disk. Pure.
 */
import { createHash } from "node:crypto";
import { type PushInputs, storedPushInputs } from "./push-inputs";

/** Hash of all inputs that say what is published. The engine gives their names in any order. */
export function questionOf(inputs: PushInputs): string {
  const text = JSON.stringify(storedPushInputs(inputs), inOrder);
  return createHash("sha256").update(text).digest("hex");
}

function inOrder(_name: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
