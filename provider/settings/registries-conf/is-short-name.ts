/**
 * Whether a text leaves its registry open. Pure, and light enough for every pull.
 */
import { isHost } from "../../reference/grammar";
import { LAYOUT_SCHEME } from "../../reference/oci-layout";
import { OCI_SCHEME } from "../../reference/oci-url";

/** Whether the text leaves the registry open: no `oci://` or `oci-layout://`, no host before its first slash. */
export function isShortName(text: string): boolean {
  const slash = text.indexOf("/");
  const hasScheme = text.startsWith(OCI_SCHEME) || text.startsWith(LAYOUT_SCHEME);
  return !hasScheme && (slash < 0 || !isHost(text.slice(0, slash)));
}
