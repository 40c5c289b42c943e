/**
 * The life of `OciArtifactPush` as the engine drives it: check, diff, create, read, update, delete. The
 * road itself is in publish.ts; what a check finds out is in push-check.ts.
 */
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Context } from "../../context";
import { OciError } from "../../errors";
import { publish } from "../../publish";
import type { Descriptor } from "../../types";
import type { Host, Lifecycle, Properties } from "../lifecycle";
import { checkPush, type CheckedPush } from "./push-check";
import { deletePublished } from "./push-delete";
import { PUSH_ROWS } from "./push-inputs";
import { ownedAfter } from "./push-outputs";
import { readTags } from "./read-tags";
import { nameToCome } from "./to-come";

/** A state as a refresh has found it. */
export interface ReadState {
  readonly props: Properties;
  /** The checked inputs, where they are not what they were. */
  readonly inputs?: Properties;
}

export interface PushLifecycle extends Lifecycle {
  /** The state with what the tags name now; as it is where nobody can be asked. Never fails. */
  read(properties: Properties, signal: AbortSignal): Promise<ReadState>;
}

/** What a change is judged by; other outputs follow from these. */
const DIFFED = [
  ...[...PUSH_ROWS].filter(([, row]) => row.group === "what").map(([name]) => name),
  "digest",
  "contentDigest",
  "tagged",
];

/**
 * The lifecycle of `OciArtifactPush` on a host.
 *
 * @param registries - What the stack configuration says of registries: the inputs that say how are in no
 * state, and refresh and destroy have nothing else
 */
export function createPushLifecycle(host: Host, registries: () => unknown): PushLifecycle {
  /** Several resources may push the very same: each has a check of its own. */
  const remembered = new Map<string, CheckedPush[]>();
  const known = host.planned ?? new Map<string, Descriptor>();

  const take = async (
    news: Properties,
    olds: Properties,
    signal: AbortSignal,
  ): Promise<Properties> => {
    const memory = remembered.get(contentKey(news))?.pop();
    if (memory === undefined) throw notChecked(news);
    const { planned, tags, limits, directory, urn } = memory;
    const world = host.world(directory);
    const report = host.report(urn);
    const context: Context = { settings: world.settings, limits, report, signal };
    try {
      const published = await publish(planned, world, context, tags);
      return { ...news, owned: ownedAfter(published, planned, olds) };
    } finally {
      await planned.release();
    }
  };

  return Object.freeze({
    async check(olds: Properties, news: Properties, signal: AbortSignal) {
      const answer = await checkPush({ olds, news }, host, known, signal);
      const { inputs, checked } = answer;
      if (checked !== undefined) {
        const key = contentKey(inputs);
        remembered.set(key, [...(remembered.get(key) ?? []), checked]);
        const { artifact, equal, request } = checked.planned;
        const { descriptor } = equal ?? artifact.manifest;
        const { registry, repository } = request.reference;
        for (const name of [
          { digest: descriptor.digest },
          ...checked.tags.map((tag) => ({ tag })),
        ]) {
          known.set(nameToCome({ registry, repository, ...name }), descriptor);
        }
      }
      return answer;
    },

    async diff(_id: string, olds: Properties, news: Properties) {
      if (DIFFED.some((name) => !isDeepStrictEqual(olds[name], news[name]))) {
        return { changes: true };
      }
      const checks = remembered.get(contentKey(news));
      if (checks?.at(-1)?.isDue === true) return { changes: true };
      await checks?.pop()?.planned.release();
      return { changes: false };
    },

    async create(inputs: Properties, signal: AbortSignal) {
      const id = randomUUID();
      return { id, outs: await take(inputs, {}, signal) };
    },

    async update(_id: string, olds: Properties, news: Properties, signal: AbortSignal) {
      return { outs: await take(news, olds, signal) };
    },

    async read(properties: Properties, signal: AbortSignal) {
      const tagged = await readTags(properties, host, registries(), signal);
      if (tagged === undefined || isDeepStrictEqual(tagged, properties["tagged"])) {
        return { props: properties };
      }
      const props = { ...properties, tagged };
      const { owned: _owned, ...inputs }: Properties = props;
      return { props, inputs };
    },

    async delete(_id: string, properties: Properties) {
      await deletePublished(properties, host, registries());
    },
  });
}

/** What a check found out is found again by what it injected. The engine has maps in an order of its own. */
function contentKey({ pinned, tagged }: Properties): string {
  const pairs = Object.entries(tagged ?? {});
  return JSON.stringify([pinned, pairs.sort(([a], [b]) => (a < b ? -1 : 1))]);
}

function notChecked({ reference, digest }: Properties): OciError {
  return new OciError({
    code: "STORE",
    verb: "push",
    subject: String(reference),
    fact: `what was packed as ${String(digest)} is not here, and this process has not checked the resource`,
    hint: "run again",
  });
}
