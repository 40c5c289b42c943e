/**
 * The one table of outputs of a push, and how they come from what is planned. Each is known before
 * anything is pushed, but for what the push itself has made. Pure.
 */
import type { PlannedPublish, Published } from "../../publish";
import { pinnedReference } from "../../reference/format";
import type { Reference } from "../../types";
import { admitMap, admitText } from "../gate";
import { UNKNOWN } from "../known";
import type { Properties } from "../lifecycle";
import { FILES_SHOWN, filesOf } from "../outputs";
import { PUSH_ROWS } from "./push-inputs";

export const PUSH_OUTPUTS = {
  digest: "Digest of what is published; for several platforms, the index's",
  pinned: "The same by name: `registry/repository@sha256:…`",
  tagged: "Tag → digest that it is to name; after a refresh, what it names then, or `missing`",
  mediaType: "Media type of the manifest, or of the index",
  artifactType: "The manifest's `artifactType`, where it has one",
  contentDigest:
    "Digest over names, modes and contents of all files, as pulling computes it; absent where an archive goes as it is",
  fileCount: "Number of files and links; of an artifact that goes as it is, of its layers",
  size: "Bytes of all files, before they are packed",
  files: "`./path` → start of the file's sha256; absent above 100 files",
  owned:
    "What this resource itself has made, and `deleteOnDestroy` may delete: `{ manifest, tags }`; unknown until it is pushed",
} as const satisfies Readonly<Record<string, string>>;

/** What a tag names that is not there. */
export const MISSING = "missing";

/** What a push has made of its own, and nobody else before. */
export interface Owned {
  readonly manifest: boolean;
  readonly tags: readonly string[];
}

/** The outputs that are known of what is planned. */
export function plannedOutputs(
  planned: PlannedPublish,
  tagged: Readonly<Record<string, string>>,
): Properties {
  const { digest, pinned, contentDigest, fileCount, size, entries, artifactType } = planned;
  return {
    ...{ digest, pinned, tagged },
    mediaType: admitText(planned.mediaType),
    ...(artifactType === undefined ? {} : { artifactType: admitText(artifactType) }),
    ...(contentDigest === undefined ? {} : { contentDigest }),
    ...{ fileCount, size },
    ...(fileCount > FILES_SHOWN ? {} : { files: admitMap(filesOf(entries)) }),
  };
}

/** Those of inputs that are not known: neither is what comes of them. */
export function unknownOutputs(): Properties {
  const names = Object.keys(PUSH_OUTPUTS).filter((name) => name !== "owned");
  return Object.fromEntries(names.map((name) => [name, UNKNOWN]));
}

/** What the resource has made, with what it had made before of the very same. */
export function ownedAfter(
  { digest, isNew, tagged }: Published,
  { tags, pinned, request }: PlannedPublish,
  olds: Properties,
): Owned {
  const before = ownedOf(olds);
  const isSame = olds["pinned"] === pinned;
  const isSamePlace = isSame || repositoryIn(olds, request.reference);
  const known = isSamePlace ? before.tags : [];
  return {
    manifest: isNew || (isSame && before.manifest && digest === olds["digest"]),
    tags: tags.filter((tag) => known.includes(tag) || tagged.includes(tag)),
  };
}

/** What a state says that the resource has made; nothing where it does not say so. */
export function ownedOf({ owned }: Properties): Owned {
  const { manifest, tags } = (typeof owned === "object" ? (owned ?? {}) : {}) as Partial<Owned>;
  const names = Array.isArray(tags) ? (tags as readonly unknown[]) : [];
  return {
    manifest: manifest === true,
    tags: names.filter((tag): tag is string => typeof tag === "string"),
  };
}

/** Whether what the state has published lies in the repository of the reference. */
export function repositoryIn({ pinned, digest }: Properties, reference: Reference): boolean {
  return typeof digest === "string" && pinned === pinnedReference(reference, digest);
}

/** Without hidden inputs, and without outputs that `ignoreChanges` copies from the old inputs. */
export function givenPushInputs(news: Properties): Properties {
  return Object.fromEntries(
    Object.entries(news).filter(
      ([name]) => !name.startsWith("__") && (PUSH_ROWS.has(name) || !(name in PUSH_OUTPUTS)),
    ),
  );
}
