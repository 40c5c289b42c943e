/**
 * Whether a text leaves its registry open. Pure, and light enough for every pull.
 */
import { isHost } from "../../reference/grammar";
import { OCI_SCHEME } from "../../reference/oci-url";

/** Whether the text leaves the registry open: no `oci://`, no host before its first slash. */
export function isShortName(text: string): boolean {
  const slash = text.indexOf("/");
  return !text.startsWith(OCI_SCHEME) && (slash < 0 || !isHost(text.slice(0, slash)));
}
