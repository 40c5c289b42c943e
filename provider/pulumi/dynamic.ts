/**
 * The adapter between Pulumi's dynamic provider host and the lifecycle. The stub in every state
 * loads this module by the path `pulumi-oci-artifact/provider`: neither may ever change. Each
 * method has a deadline and catches at its edge, for an exception that escapes hangs the engine.
 */
import { existsSync } from "node:fs";
import { asOciError, OciError } from "../errors";
import type { Lifecycle, Properties } from "./lifecycle";
import { connectToEngine, openEngineReports, type EngineReports } from "./report";

/** Longer than any sane pull; the engine itself knows no deadline. */
const DEADLINE_MS = 60 * 60 * 1000;

/** Destroy waits for nothing but the disk. */
const SHORT_DEADLINE_MS = 60 * 1000;

interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/** The methods that Pulumi's dynamic provider host calls; shapes as in `pulumi.dynamic`. */
export interface DynamicProvider {
  check(
    olds: Properties,
    news: Properties,
  ): Promise<{ inputs?: Properties; failures?: readonly CheckFailure[] }>;
  diff(id: string, olds: Properties, news: Properties): Promise<{ changes: boolean }>;
  create(inputs: Properties): Promise<{ id: string; outs: Properties }>;
  read(id: string, props: Properties): Promise<{ id: string; props: Properties }>;
  update(id: string, olds: Properties, news: Properties): Promise<{ outs: Properties }>;
  delete(id: string, props: Properties): Promise<void>;
}

interface Running {
  readonly lifecycle: Lifecycle;
  readonly reports: EngineReports;
}

let running: Running | undefined;

/** Loaded at the first call that needs it, by `require`: test runners know no `import()` in CommonJS. */
function start(): Running {
  if (running !== undefined) return running;
  /* eslint-disable @typescript-eslint/no-require-imports */
  const { createLifecycle } = require("./lifecycle") as typeof import("./lifecycle");
  const { createHost } = require("./host") as typeof import("./host");
  /* eslint-enable @typescript-eslint/no-require-imports */
  const address = engineAddress();
  const reports = openEngineReports(() =>
    address === undefined ? undefined : connectToEngine(address, sdkLocation()),
  );
  running = { lifecycle: createLifecycle(createHost(reports)), reports };
  return running;
}

/** The engine starts `node <sdk>/cmd/dynamic-provider <engine address>`. */
function engineAddress(): string | undefined {
  const address = process.argv[2];
  return address !== undefined && /^[^\s:]+:\d+$/.test(address) ? address : undefined;
}

function sdkLocation(): string {
  const script = process.argv[1];
  return script !== undefined && existsSync(script) ? script : __filename;
}

/** Runs one method: with a deadline, its messages delivered, its failure in words. */
async function edge<T>(
  verb: string,
  method: (lifecycle: Lifecycle, signal: AbortSignal) => Promise<T>,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const deadline = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      deadline.abort();
      reject(
        new OciError({
          code: "TIMEOUT",
          verb,
          subject: "the artifact",
          fact: `it took longer than ${deadlineMs / 60_000} minutes`,
          hint: "run again: what was fetched whole is kept",
        }),
      );
    }, deadlineMs);
  });
  try {
    const { lifecycle, reports } = start();
    const result = await Promise.race([method(lifecycle, deadline.signal), expired]);
    await reports.delivered();
    return result;
  } catch (error) {
    throw asOciError(error, verb, "the artifact");
  } finally {
    clearTimeout(timer);
  }
}

/** What the host prints of an error is its stack: an error in words has none to show. */
function withoutStack(error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  return Object.assign(new Error(message), { stack: "" });
}

/** The provider of `OciArtifact`. */
export const ociArtifact: DynamicProvider = Object.freeze({
  async check(olds: Properties, news: Properties) {
    try {
      const answer = await edge("check", (lifecycle, signal) =>
        lifecycle.check(olds, news, signal),
      );
      if (answer.failures.length === 0) return { inputs: { ...answer.inputs } };
      return { inputs: {}, failures: answer.failures.map(asFailure) };
    } catch (error) {
      return { inputs: {}, failures: [asFailure(withoutStack(error).message)] };
    }
  },

  async diff(id: string, olds: Properties, news: Properties) {
    try {
      // It may have to hash all of a destination that came with a checkout.
      return await edge("compare", (lifecycle) => lifecycle.diff(id, olds, news));
    } catch (error) {
      throw withoutStack(error);
    }
  },

  async create(inputs: Properties) {
    try {
      const { id, outs } = await edge("create", (lifecycle, signal) =>
        lifecycle.create(inputs, signal),
      );
      return { id, outs: { ...outs } };
    } catch (error) {
      throw withoutStack(error);
    }
  },

  /** Everything unchanged, always: the state holds facts of a digest, and those do not change. */
  read(id: string, props: Properties) {
    return Promise.resolve({ id, props: { ...props } });
  },

  async update(id: string, olds: Properties, news: Properties) {
    try {
      const { outs } = await edge("update", (lifecycle, signal) =>
        lifecycle.update(id, olds, news, signal),
      );
      return { outs: { ...outs } };
    } catch (error) {
      throw withoutStack(error);
    }
  },

  /** Gives up the claim on the tree, and the copy at its destination. Nothing that stands in its way is a reason to keep the resource. */
  async delete(id: string, props: Properties) {
    await edge("delete", (lifecycle) => lifecycle.delete(id, props), SHORT_DEADLINE_MS).catch(
      () => undefined,
    );
  },
});

/** An empty property: the engine prints the values of named ones, secret ones too. */
function asFailure(reason: string): CheckFailure {
  return { property: "", reason };
}
