/**
 * Unknown values, as the engine writes them into inputs during a preview: one fixed text for each
 * type of value. Finding them and making them; nothing else may look for these texts. Pure.
 *
 * https://github.com/pulumi/pulumi/blob/v3.230.0/sdk/go/common/resource/plugin/rpc.go
 */

/** The unknown text, of any type: what we answer with. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const UNKNOWNS: ReadonlySet<unknown> = new Set([
  UNKNOWN,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // boolean
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
  "030794c1-ac77-496b-92df-f27374a8bd58", // asset
  "e48ece36-62e2-4504-bad9-02848725956a", // archive
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);

/** Whether the value is the engine's word for "not known before the update". */
export function isUnknown(value: unknown): boolean {
  return UNKNOWNS.has(value);
}

/** Whether the value is unknown or holds an unknown anywhere. */
export function hasUnknown(value: unknown): boolean {
  if (isUnknown(value)) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  if (typeof value === "object" && value !== null) return Object.values(value).some(hasUnknown);
  return false;
}
