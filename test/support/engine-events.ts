/**
 * The engine's event log: read line by line while the engine runs, then turned into phases, steps
 * and diagnostics. It knows the log's format and nothing of how the engine was started.
 */
import { constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { createInterface } from "node:readline";

/** One line of the log, as far as tests look at it. */
export interface EngineEvent {
  readonly sequence: number;
  readonly preludeEvent?: object;
  readonly diagnosticEvent?: {
    readonly urn?: string;
    readonly message: string;
    readonly severity: "debug" | "info" | "info#err" | "warning" | "error";
    readonly ephemeral?: boolean;
  };
  readonly summaryEvent?: {
    readonly isPreview: boolean;
    /** Number of resources for each operation. */
    readonly resourceChanges: Readonly<Record<string, number>>;
  };
  readonly resourcePreEvent?: { readonly metadata: StepMetadata };
  readonly resOutputsEvent?: { readonly metadata: StepMetadata };
  readonly resOpFailedEvent?: { readonly metadata: StepMetadata };
}

type Properties = Readonly<Record<string, unknown>>;

interface StepMetadata {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly old: { readonly inputs: Properties; readonly outputs: Properties } | null;
  readonly new: { readonly inputs: Properties; readonly outputs: Properties } | null;
  readonly diffs?: readonly string[] | null;
  readonly detailedDiff?: Readonly<Record<string, { readonly diffKind: string }>> | null;
}

/** What the engine decided for one resource in one phase. */
export interface Step {
  readonly urn: string;
  readonly type: string;
  /** Last part of the URN. */
  readonly name: string;
  /** "create", "update", "same", "delete", … */
  readonly operation: string;
  /** Names of the properties that differ, as shown in `[diff: ~digest]`. */
  readonly diffs: readonly string[];
  /** Property → "add", "update", "delete", …; empty where the provider gave none. */
  readonly detailedDiff: Readonly<Record<string, string>>;
  readonly oldInputs: Properties;
  readonly inputs: Properties;
  readonly outputs: Properties;
  readonly failed: boolean;
}

export interface Diagnostic {
  /** Empty for what concerns the stack. */
  readonly urn: string;
  readonly severity: string;
  readonly message: string;
  /** Progress that the next line replaces. */
  readonly ephemeral: boolean;
}

/** Ends our own reading; never a line of the log. */
const END = "end of the log";

/** Receives events one after the other; the next one waits until its promise is settled. */
export type EventListener = (event: EngineEvent) => void | Promise<void>;

export interface EventLog {
  /** Reads what is left and returns all events; rejects with what a listener threw. */
  readonly finish: () => Promise<readonly EngineEvent[]>;
}

/**
 * Reads the log through a named pipe: in one `up` the engine writes a log for the preview and then
 * overwrites it with the update's, and a pipe loses neither.
 */
export function readEventLog(pipe: string, listener: EventListener): EventLog {
  // Open for writing too: otherwise the end of the preview's log would be the end of the pipe.
  const fd = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  const socket = new Socket({ fd, readable: true, writable: true });
  const reading = collect(socket, listener);
  return {
    async finish() {
      socket.write(`\n${END}\n`);
      const { events, failure } = await reading;
      socket.destroy();
      if (failure !== undefined) throw failure;
      return events;
    },
  };
}

interface Collected {
  readonly events: readonly EngineEvent[];
  /** The first thing that the listener threw; the log is read on, or the engine would hang. */
  readonly failure?: Error;
}

async function collect(socket: Socket, listener: EventListener): Promise<Collected> {
  const events: EngineEvent[] = [];
  let failure: Error | undefined;
  for await (const line of createInterface({ input: socket })) {
    if (line === END) break;
    // A killed engine leaves half a line.
    if (!line.startsWith("{") || !line.endsWith("}")) continue;
    const event = JSON.parse(line) as EngineEvent;
    events.push(event);
    if (failure !== undefined) continue;
    try {
      await listener(event);
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
  }
  return failure === undefined ? { events } : { events, failure };
}

/** The events of each phase: one for `preview`, two for an `up` that previews first. */
export function phasesOf(events: readonly EngineEvent[]): readonly (readonly EngineEvent[])[] {
  const phases: EngineEvent[][] = [];
  for (const event of events) {
    if (event.sequence === 0) phases.push([]);
    phases.at(-1)?.push(event);
  }
  return phases;
}

/** The steps of one phase, in the order in which they began. */
export function stepsOf(phase: readonly EngineEvent[]): readonly Step[] {
  const failed = new Set(phase.flatMap((event) => keyOf(event.resOpFailedEvent?.metadata)));
  const outputs = new Map(
    phase.flatMap(({ resOutputsEvent: event }) =>
      keyOf(event?.metadata).map((key) => [key, event?.metadata.new?.outputs ?? {}] as const),
    ),
  );
  return phase.flatMap(({ resourcePreEvent: event }) =>
    keyOf(event?.metadata).flatMap((key) =>
      event === undefined ? [] : [stepOf(event.metadata, outputs.get(key), failed.has(key))],
    ),
  );
}

/** What was said about the resources and the stack, without the engine's debug lines. */
export function diagnosticsOf(events: readonly EngineEvent[]): readonly Diagnostic[] {
  return events.flatMap(({ diagnosticEvent: event }) =>
    event === undefined || event.severity === "debug"
      ? []
      : [
          {
            urn: event.urn ?? "",
            severity: event.severity,
            message: event.message,
            ephemeral: event.ephemeral ?? false,
          },
        ],
  );
}

function keyOf(metadata: StepMetadata | undefined): readonly string[] {
  return metadata === undefined ? [] : [`${metadata.op} ${metadata.urn}`];
}

function stepOf(metadata: StepMetadata, outputs: Properties | undefined, failed: boolean): Step {
  return {
    urn: metadata.urn,
    type: metadata.type,
    name: metadata.urn.slice(metadata.urn.lastIndexOf("::") + 2),
    operation: metadata.op,
    diffs: metadata.diffs ?? [],
    detailedDiff: Object.fromEntries(
      Object.entries(metadata.detailedDiff ?? {}).map(([name, diff]) => [name, diff.diffKind]),
    ),
    oldInputs: metadata.old?.inputs ?? {},
    inputs: metadata.new?.inputs ?? {},
    outputs: outputs ?? metadata.new?.outputs ?? {},
    failed,
  };
}
