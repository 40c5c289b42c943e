/**
 * The gate towards the engine: what a registry says crosses as data. A text that the
 * engine would read as an unknown value, or a key that it would read as a marker of a secret, an
 * asset or a resource, never gets through. Pure.
 */
import { printable } from "../redact";
import { isUnknown } from "./known";

/**
 * Key by which the engine tells a secret, an asset or a resource from a plain map.
 * https://github.com/pulumi/pulumi/blob/v3.230.0/sdk/go/common/resource/sig/sig.go
 */
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";

/** A text without control sequences; one that the engine takes for "unknown" is marked as text. */
export function admitText(text: string): string {
  const shown = printable(text);
  return isUnknown(shown) ? `"${shown}"` : shown;
}

/** A map of texts without keys that mean something to the engine. */
export function admitMap(map: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(map)
      .filter(([key]) => !key.startsWith("__") && key !== SIGNATURE_KEY && !isUnknown(key))
      .map(([key, value]) => [admitText(key), admitText(value)]),
  );
}
