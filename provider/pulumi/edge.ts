/**
 * The edge between Pulumi's dynamic provider host and our lifecycles: each method has a deadline and is
 * caught here, for an exception that escapes hangs the engine. It knows no lifecycle.
 */
import { existsSync } from "node:fs";
import { asOciError, OciError } from "../errors";
import type { Host, Properties } from "./lifecycle";
import { connectToEngine, openEngineReports, type EngineReports } from "./report";

/** Longer than any sane pull; the engine itself knows no deadline. */
const DEADLINE_MS = 60 * 60 * 1000;

export interface CheckFailure {
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
  read(
    id: string,
    props: Properties,
  ): Promise<{ id: string; props: Properties; inputs?: Properties }>;
  update(id: string, olds: Properties, news: Properties): Promise<{ outs: Properties }>;
  delete(id: string, props: Properties): Promise<void>;
}

/** What checks and changes a resource, whatever it is. */
export interface Changes {
  check(
    olds: Properties,
    news: Properties,
    signal: AbortSignal,
  ): Promise<{ readonly inputs: Properties; readonly failures: readonly string[] }>;
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
}

/** Runs one method of a lifecycle: with a deadline, its messages delivered, its failure in words. */
export type Edge<Lifecycle> = <T>(
  verb: string,
  method: (lifecycle: Lifecycle, signal: AbortSignal) => Promise<T>,
  deadlineMs?: number,
) => Promise<T>;

interface Hosted {
  readonly host: Host;
  readonly reports: EngineReports;
}

let hosted: Hosted | undefined;

/** One host for all resources of the process: they share connections, and what is known of registries. */
function hostHere(): Hosted {
  if (hosted !== undefined) return hosted;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- test runners know no import() in CommonJS
  const { createHost } = require("./host") as typeof import("./host");
  const address = engineAddress();
  const reports = openEngineReports(() =>
    address === undefined ? undefined : connectToEngine(address, sdkLocation()),
  );
  hosted = { host: createHost(reports), reports };
  return hosted;
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

/** The edge of a lifecycle, which is made at the first call that needs it. */
export function edgeOf<Lifecycle>(create: (host: Host) => Lifecycle): Edge<Lifecycle> {
  let lifecycle: Lifecycle | undefined;
  return async (verb, method, deadlineMs = DEADLINE_MS) => {
    const deadline = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const expired = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        deadline.abort();
        reject(tooLong(verb, deadlineMs));
      }, deadlineMs);
    });
    try {
      const { host, reports } = hostHere();
      lifecycle ??= create(host);
      const result = await Promise.race([method(lifecycle, deadline.signal), expired]);
      await reports.delivered();
      return result;
    } catch (error) {
      throw asOciError(error, verb, "the artifact");
    } finally {
      clearTimeout(timer);
    }
  };
}

/** The methods that every resource has in common. */
export function changesOf<Lifecycle extends Changes>(
  edge: Edge<Lifecycle>,
): Pick<DynamicProvider, "check" | "diff" | "create" | "update"> {
  return {
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
  };
}

function tooLong(verb: string, deadlineMs: number): OciError {
  return new OciError({
    code: "TIMEOUT",
    verb,
    subject: "the artifact",
    fact: `it took longer than ${deadlineMs / 60_000} minutes`,
    hint: "run again: what was fetched whole is kept",
  });
}

/** What the host prints of an error is its stack: an error in words has none to show. */
function withoutStack(error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  return Object.assign(new Error(message), { stack: "" });
}

/** An empty property: the engine prints the values of named ones, secret ones too. */
function asFailure(reason: string): CheckFailure {
  return { property: "", reason };
}
