/**
 * The life of the resource as the engine drives it: check, diff, create, read, update, delete. It
 * knows no host: the dynamic provider today, another tomorrow, calls the same functions. What a
 * check finds out is in check.ts; the road itself is in pull.ts.
 */
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Report } from "../context";
import { asOciError, OciError } from "../errors";
import { pull, type Pulled } from "../pull";
import type { Confirmations } from "../store/confirmations";
import { treeOf } from "../store/trees";
import { treeNameOf } from "../tree-key";
import type { Descriptor, Tree } from "../types";
import type { World } from "../world";
import { check, type CheckAnswer, type Checked } from "./check";
import { INPUT_ROWS } from "./inputs";
import { createPlacements, destinationIn, isSameDestination } from "./placement";

export type Properties = Readonly<Record<string, unknown>>;

/** What the host of the lifecycle provides. */
export interface Host {
  world(directory: string): World;
  /** Where the reasons and warnings of a resource go. */
  report(urn: string): Report;
  readonly confirmations: Confirmations;
  /** What resources of this process are about to push: by digest and by tag, `registry/repository…`. */
  readonly planned?: Map<string, Descriptor>;
  /** The program's directory, where the class did not tell it. */
  readonly directory: string;
}

export interface Lifecycle {
  check(olds: Properties, news: Properties, signal: AbortSignal): Promise<CheckAnswer>;
  diff(id: string, olds: Properties, news: Properties): Promise<{ readonly changes: boolean }>;
  create(
    inputs: Properties,
    signal: AbortSignal,
  ): Promise<{ readonly id: string; readonly outs: Properties }>;
  update(
    id: string,
    olds: Properties,
    news: Properties,
    signal: AbortSignal,
  ): Promise<{ readonly outs: Properties }>;
  delete(id: string, properties: Properties): Promise<void>;
}

/**
 * What a change is judged by. Other outputs follow from these, and one that a later version adds
 * must not show up as a diff of resources that nobody touched.
 */
const DIFFED = [
  ...[...INPUT_ROWS].filter(([, row]) => row.group === "what").map(([name]) => name),
  // The same content may be another version.
  "version",
  "manifestDigest",
  "path",
];

/** The lifecycle of `OciArtifact` on a host. */
export function createLifecycle(host: Host): Lifecycle {
  const remembered = new Map<string, Checked>();
  const placements = createPlacements();

  /** The content is here, claimed, and where it has a destination, there. */
  const place = async (id: string, inputs: Properties, signal: AbortSignal): Promise<void> => {
    const memory = remembered.get(contentKey(inputs));
    const directory = memory?.directory ?? host.directory;
    const world = host.world(directory);
    const name = treeNameOf(String(inputs["path"]));
    if (directory !== host.directory) await world.homes.note(id, directory);
    // Usually one look: check has placed the tree. It may have been removed since.
    const tree = memory === undefined ? await treeThere(world, name) : await again(memory, signal);
    if (tree === undefined || (memory === undefined && inputs["destination"] !== undefined)) {
      throw notChecked(name);
    }
    await world.claims.claim(id, name);
    await memory?.placement?.place(id, tree, host.report(memory.urn));
    // Nobody waits for it: what it does not get done is for the next run.
    void world.tidy();
  };

  const again = async (memory: Checked, signal: AbortSignal): Promise<Tree> => {
    const { settings } = host.world(memory.directory);
    const context = { settings, limits: memory.limits, signal, report: host.report(memory.urn) };
    const { tree }: Pulled = await pull(memory.request, host.world(memory.directory), context);
    return tree;
  };

  const homeOf = async (id: string): Promise<string> =>
    (await host.world(host.directory).homes.find(id)) ?? host.directory;

  return Object.freeze({
    async check(olds: Properties, news: Properties, signal: AbortSignal) {
      const answer = await check({ olds, news }, host, placements, signal);
      if (answer.checked !== undefined) remembered.set(contentKey(answer.inputs), answer.checked);
      return answer;
    },

    async diff(id: string, olds: Properties, news: Properties) {
      const memory = remembered.get(contentKey(news));
      if (DIFFED.some((name) => !isDeepStrictEqual(olds[name], news[name]))) {
        return { changes: true };
      }
      const { path } = news;
      if (typeof path === "string") {
        const world = host.world(memory?.directory ?? host.directory);
        // A fresh checkout knows no claims yet. A claim guards against removal only: no error.
        await world.claims.claim(id, treeNameOf(path)).catch(() => undefined);
        void world.tidy();
      }
      return { changes: memory?.isDue === true };
    },

    async create(inputs: Properties, signal: AbortSignal) {
      const id = randomUUID();
      await place(id, inputs, signal);
      return { id, outs: inputs };
    },

    async update(id: string, olds: Properties, news: Properties, signal: AbortSignal) {
      await place(id, news, signal);
      const memory = remembered.get(contentKey(news));
      const directory = memory?.directory ?? host.directory;
      const [before, after] = [olds["destination"], news["destination"]];
      if (typeof before !== "string") return { outs: news };
      const isThere = typeof after === "string" && isSameDestination(directory, before, after);
      if (!isThere) await takeAway(directory, before, id, host.report(memory?.urn ?? ""));
      return { outs: news };
    },

    async delete(id: string, { destination }: Properties) {
      const directory = await homeOf(id);
      const world = host.world(directory);
      await world.claims.release(id);
      if (typeof destination === "string") {
        await takeAway(directory, destination, id, host.report(""));
      }
      await world.homes.forget(id);
    },
  });
}

/** A copy that cannot be removed is no reason to keep a resource, or its former destination. */
async function takeAway(
  directory: string,
  destination: string,
  id: string,
  report: Report,
): Promise<void> {
  await destinationIn(directory, destination)
    .remove({ id }, report)
    .catch((error: unknown) => {
      const { fact } = asOciError(error, "remove", destination);
      report.warning(`${destination} keeps its copy: ${fact}; remove it by hand`);
    });
}

/** What a check found out is found again by what it injected. */
function contentKey({ path, destination, pinned }: Properties): string {
  return JSON.stringify([path, destination, pinned]);
}

function notChecked(name: string): OciError {
  return new OciError({
    code: "STORE",
    verb: "use",
    subject: name,
    fact: "its content is not here, and this process has not checked the resource",
    hint: "run again",
  });
}

async function treeThere(world: World, name: string): Promise<Tree | undefined> {
  const receipt = await world.trees.receipt(name);
  return receipt === undefined
    ? undefined
    : treeOf(`${world.trees.directory}/${name}`, name, receipt);
}
