/**
 * Sends reasons, warnings and progress to a resource's row through the engine's log service. Prints
 * nothing; a message that cannot be delivered is dropped, for no resource may fail over it.
 */
import { createRequire } from "node:module";
import type { Report } from "../context";
import { redact } from "../redact";

/** Waiting for the log must not hold up the resource. */
const DELIVERY_MS = 2_000;

/** Between two lines of progress, and before the first. */
const PROGRESS_MS = 1_000;

export interface EngineReports {
  /** The row of the resource with this URN; the stack's own where it is empty. */
  of(urn: string): Report;
  /** Resolves when what was said so far is delivered, or given up. */
  delivered(): Promise<void>;
}

/** Severities of the engine's LogRequest. */
const SEVERITY = { info: 1, warning: 2 } as const;

/** The log service of the engine: the parts of the SDK's generated code that are used here. */
export interface EngineLog {
  readonly client: {
    log(request: LogRequest, options: { deadline: number }, done: (error: unknown) => void): void;
  };
  readonly Request: new () => LogRequest;
}

interface LogRequest {
  setSeverity(severity: number): void;
  setMessage(message: string): void;
  setUrn(urn: string): void;
  setEphemeral(isEphemeral: boolean): void;
}

/** Reports over the log that `connect` gives, at the first message; silent where it gives none. */
export function openEngineReports(connect: () => EngineLog | undefined): EngineReports {
  const underWay = new Set<Promise<void>>();
  let log: EngineLog | undefined;
  const say = (severity: number, message: string, urn: string, isEphemeral = false): void => {
    try {
      log ??= connect();
    } catch {
      return;
    }
    if (log === undefined) return;
    const request = new log.Request();
    request.setSeverity(severity);
    request.setMessage(redact(message));
    request.setUrn(urn);
    request.setEphemeral(isEphemeral);
    const delivery = deliver(log, request)
      .catch(() => undefined)
      .finally(() => underWay.delete(delivery));
    underWay.add(delivery);
  };
  return Object.freeze({
    of: (urn: string) => {
      const isDue = pace(Date.now);
      return Object.freeze({
        info: (message: string) => {
          say(SEVERITY.info, message, urn);
        },
        warning: (message: string) => {
          say(SEVERITY.warning, message, urn);
        },
        status: (message: string) => {
          if (isDue()) say(SEVERITY.info, message, urn, true);
        },
      });
    },
    async delivered() {
      await Promise.all(underWay);
    },
  });
}

/** Progress is for those who wait: none of a pull that is soon done, and then one line a second. */
function pace(now: () => number): () => boolean {
  let last = now();
  return () => {
    if (now() - last < PROGRESS_MS) return false;
    last = now();
    return true;
  };
}

function deliver({ client }: EngineLog, request: LogRequest): Promise<void> {
  return new Promise((done) => {
    client.log(request, { deadline: Date.now() + DELIVERY_MS }, () => {
      done();
    });
  });
}

/**
 * The log of the engine at `address` ("127.0.0.1:4711"). gRPC and the messages come from the SDK
 * that `loadFrom` finds: no dependency of our own.
 */
export function connectToEngine(address: string, loadFrom: string): EngineLog {
  const load = createRequire(loadFrom);
  const loadOfSdk = createRequire(load.resolve("@pulumi/pulumi/package.json"));
  const grpc = loadOfSdk("@grpc/grpc-js") as { credentials: { createInsecure(): unknown } };
  const { EngineClient } = load("@pulumi/pulumi/proto/engine_grpc_pb") as {
    EngineClient: new (address: string, credentials: unknown) => EngineLog["client"];
  };
  const { LogRequest: Request } = load("@pulumi/pulumi/proto/engine_pb") as {
    LogRequest: EngineLog["Request"];
  };
  return { client: new EngineClient(address, grpc.credentials.createInsecure()), Request };
}
