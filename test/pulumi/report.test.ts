/** Messages to a resource's row, over the engine's real protocol, and silence where nobody listens. */
import * as assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, test, type TestContext } from "node:test";
import { connectToEngine, openEngineReports } from "../../provider/pulumi/report";
import { registerSecret } from "../../provider/redact";

interface LogRequest {
  getSeverity(): number;
  getMessage(): string;
  getUrn(): string;
  getEphemeral(): boolean;
}

interface GrpcServer {
  addService(service: unknown, methods: object): void;
  bindAsync(
    address: string,
    credentials: unknown,
    done: (e: Error | null, port: number) => void,
  ): void;
  forceShutdown(): void;
}

type Line = readonly [severity: number, message: string, urn: string, isEphemeral: boolean];

/** An engine that does nothing but listen. */
async function engine(context: TestContext): Promise<{ address: string; lines: Line[] }> {
  const load = createRequire(require.resolve("@pulumi/pulumi/package.json"));
  const grpc = load("@grpc/grpc-js") as {
    Server: new () => GrpcServer;
    ServerCredentials: { createInsecure(): unknown };
  };
  const { EngineService } = load("./proto/engine_grpc_pb") as { EngineService: object };
  const { Empty } = load("google-protobuf/google/protobuf/empty_pb") as { Empty: new () => object };
  const lines: Line[] = [];
  const server = new grpc.Server();
  const unused = (_call: unknown, done: (error: Error) => void): void => {
    done(new Error("not here"));
  };
  const others = Object.keys(EngineService).map((name) => [name, unused] as const);
  server.addService(EngineService, {
    ...Object.fromEntries(others),
    log({ request }: { request: LogRequest }, done: (error: null, answer: object) => void) {
      lines.push([
        request.getSeverity(),
        request.getMessage(),
        request.getUrn(),
        request.getEphemeral(),
      ]);
      done(null, new Empty());
    },
  });
  context.after(() => {
    server.forceShutdown();
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return { address: `127.0.0.1:${port}`, lines };
}

describe("reports to the engine", () => {
  test("a log that breaks is no failure of the resource", async () => {
    class Request {
      setSeverity(): void {}
      setMessage(): void {}
      setUrn(): void {}
      setEphemeral(): void {}
    }
    const log = (): never => {
      throw new Error("the channel is closed");
    };
    const reports = openEngineReports(() => ({ client: { log }, Request }));
    reports.of("urn:one").info("lost");
    await reports.delivered();
  });

  test("arrive on the row, each with its severity, redacted", async (context) => {
    const { address, lines } = await engine(context);
    registerSecret("hunter2-in-a-row");
    const reports = openEngineReports(() => connectToEngine(address, __filename));
    const row = reports.of("urn:one");
    row.info("moved\u001b[31m");
    row.warning("the password is hunter2-in-a-row");
    row.status("progress of what is soon done is not worth a line");
    reports.of("").info("of the stack");
    await reports.delivered();
    assert.deepEqual(
      [...lines].sort((a, b) => a[1].localeCompare(b[1])),
      [
        [1, "moved\ufffd[31m", "urn:one", false],
        [1, "of the stack", "", false],
        [2, "the password is [secret]", "urn:one", false],
      ],
    );
  });

  test("are dropped where nobody listens, and hold up nobody for long", async () => {
    const reports = openEngineReports(() => connectToEngine("127.0.0.1:1", __filename));
    reports.of("urn:one").warning("into the void");
    await reports.delivered();
  });

  test("are silent without an engine, and without an SDK", async (context) => {
    const silent = openEngineReports(() => undefined);
    silent.of("urn:one").info("nobody hears");
    await silent.delivered();
    const { address, lines } = await engine(context);
    const lost = openEngineReports(() => connectToEngine(address, "/nowhere/at/all.js"));
    lost.of("urn:one").info("nobody can say it");
    await lost.delivered();
    assert.deepEqual(lines, []);
  });
});
