/**
 * What `oci-artifact inspect --referrers` prints of those who refer to an artifact: a line for each, and
 * what its list says of it. Pure; the looking is provider/read-referrers.ts.
 */
import type { InspectedReferrers } from "../provider/read-referrers";
import { formatByteSize } from "../provider/settings/byte-size";

/** Annotations that tell people which one it is. */
const SHOWN = ["org.opencontainers.image.title", "org.opencontainers.image.created"];

/** Rows of a label and a value; the first row says how many there are. */
export function referrerRows({
  entries,
  unasked,
}: InspectedReferrers): readonly (readonly [label: string, value: string])[] {
  return [
    ["referrers", entries.length === 0 ? "none" : String(entries.length)],
    ...entries.map(({ annotations, artifactType = "(no type)", digest, size }, position) => {
      const facts = SHOWN.flatMap((name) => annotations[name] ?? []);
      const text = [`${digest} ${formatByteSize(size)} ${artifactType}`, ...facts].join(", ");
      return [`  ${position}`, text] as const;
    }),
    ...unasked.map((line) => ["not asked", line] as const),
  ];
}
