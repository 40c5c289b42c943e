/**
 * Lists a manifest among the referrers of its subject, or takes it out, where no registry does that:
 * in the index under the fallback tag, which has no lock. So what was written is read again.
 *
 * Rule: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests-with-subject
 */
import { parseJsonObject, type JsonObject, JsonProblem } from "../content/json";
import { OciError } from "../errors";
import type { Descriptor, Endpoint } from "../types";
import type { Asking } from "./asking";
import type { AskContext } from "./exchange";
import { findManifest, putManifest } from "./push-manifest";
import { subjectOf } from "./questions";
import { fallbackTag } from "./referrers";

const INDEX = "application/vnd.oci.image.index.v1+json";

/** Writers that overwrite each other: each tries so often, a little later each time. */
const MOST_WRITES = 5;
const PAUSE_MS = 200;

/** What lists a referrer: its descriptor, with type and annotations of the manifest itself. */
export type ReferrerEntry = Pick<
  Descriptor,
  "mediaType" | "digest" | "size" | "artifactType" | "annotations"
>;

/** The index as it is to be, or undefined where it is so already. */
type Edit = (index: JsonObject) => JsonObject | undefined;

type Asker = Pick<Asking, "ask" | "wait">;

/**
 * After this, the index under the subject's fallback tag lists the entry.
 * @param digest - Of the subject.
 * @throws OciError REGISTRY where that tag names something else, or others write it again and again.
 */
export async function listReferrer(
  asking: Asker,
  context: AskContext,
  endpoint: Endpoint,
  digest: string,
  entry: ReferrerEntry,
): Promise<void> {
  await rewrite(asking, context, endpoint, digest, (index) =>
    isListed(index, entry.digest) ? undefined : withEntry(index, entry),
  );
}

/**
 * After this, it does not list the referrer any more. What it comes to may be an empty index.
 * @param digest - Of the subject.
 * @throws OciError as above.
 */
export async function unlistReferrer(
  asking: Asker,
  context: AskContext,
  endpoint: Endpoint,
  digest: string,
  referrer: string,
): Promise<void> {
  await rewrite(asking, context, endpoint, digest, (index) => {
    const manifests = entriesOf(index).filter((entry) => !isOf(entry, referrer));
    return isListed(index, referrer) ? { ...index, manifests } : undefined;
  });
}

/** Reads and writes, until what is read is what it is to be. */
async function rewrite(
  asking: Asker,
  context: AskContext,
  endpoint: Endpoint,
  digest: string,
  edit: Edit,
): Promise<void> {
  const tag = fallbackTag(digest);
  const subject = subjectOf(endpoint, tag);
  for (let writes = 0; ; writes += 1) {
    const found = await findManifest(asking, context, endpoint, tag);
    const edited = edit(found === undefined ? EMPTY : readIndex(found.bytes, subject));
    if (edited === undefined) return;
    if (writes === MOST_WRITES) throw overwritten(subject);
    // Who is cancelled meanwhile hears of it by the next request.
    if (writes > 0) await asking.wait(PAUSE_MS * writes, context.signal).catch(() => undefined);
    const bytes = Buffer.from(JSON.stringify(edited));
    await putManifest(asking, context, endpoint, tag, { bytes, mediaType: INDEX });
  }
}

const EMPTY: JsonObject = { schemaVersion: 2, mediaType: INDEX, manifests: [] };

function readIndex(bytes: Buffer, subject: string): JsonObject {
  const index = parsed(bytes);
  const isIndex = Array.isArray(index?.["manifests"]);
  if (index !== undefined && isIndex && (index["mediaType"] ?? INDEX) === INDEX) return index;
  throw new OciError({
    code: "REGISTRY",
    verb: "change the list of referrers",
    subject,
    fact: "this tag is for an index of referrers, and names something else",
    hint: "delete the tag, or use a registry with the referrers API",
  });
}

function parsed(bytes: Buffer): JsonObject | undefined {
  try {
    return parseJsonObject(bytes);
  } catch (error) {
    if (error instanceof JsonProblem) return undefined;
    throw error;
  }
}

/** All that others have written stays as it is. */
function withEntry(index: JsonObject, entry: ReferrerEntry): JsonObject {
  const { mediaType, digest, size, artifactType, annotations } = entry;
  const added = {
    ...{ mediaType, digest, size },
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
  return { ...index, manifests: [...entriesOf(index), added] };
}

function isListed(index: JsonObject, digest: string): boolean {
  return entriesOf(index).some((entry) => isOf(entry, digest));
}

function isOf(entry: unknown, digest: string): boolean {
  return (
    typeof entry === "object" && entry !== null && "digest" in entry && entry.digest === digest
  );
}

function entriesOf(index: JsonObject): readonly unknown[] {
  const entries = index["manifests"];
  return Array.isArray(entries) ? entries : [];
}

function overwritten(subject: string): OciError {
  return new OciError({
    code: "REGISTRY",
    verb: "change the list of referrers",
    subject,
    fact: `others have overwritten it ${MOST_WRITES} times`,
    hint: "push again when they have ended",
  });
}
