/** Registries that would keep an upload for ever: it ends, and says why. */
import * as assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test, type TestContext } from "node:test";
import type { Deadlines } from "../../provider/registry/deadlines";
import { failureOf, MIB } from "./push-blob-world";
import { blobOf, openPushWorld, originAt } from "./push-world";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

interface Hostile {
  /** Headers of the answer that begins an upload. */
  readonly begun?: Readonly<Record<string, string>>;
  /** What it does with bytes. */
  readonly take: Handler;
  readonly deadlines?: Partial<Deadlines>;
}

/** Takes a blob of so many bytes as it likes. Closes with the test. */
async function pushTo(t: TestContext, { begun, take, deadlines = {} }: Hostile, bytes: number) {
  const methods: string[] = [];
  const server = createServer((request, response) => {
    methods.push(request.method ?? "");
    if (request.method === "PUT" || request.method === "PATCH") {
      take(request, response);
      return;
    }
    const answers: Readonly<Record<string, number>> = { POST: 202, GET: 204 };
    response.writeHead(answers[request.method ?? ""] ?? 404, {
      location: "/v2/upload",
      ...(request.method === "POST" ? begun : { range: "0-0" }),
    });
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { writer, context } = openPushWorld(t, { deadlines });
  const host = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const work = writer.pushBlob(originAt(host), blobOf(Buffer.alloc(bytes, "x")), context);
  const error = await failureOf(work);
  return { error, count: (method: string) => methods.filter((each) => each === method).length };
}

describe("a registry that keeps an upload waiting", () => {
  test("by leaving the bytes where they are, has no more time for more of them", async (t) => {
    const take: Handler = () => undefined;
    const deadlines = { stall: 100 };
    const { error, count } = await pushTo(t, { take, deadlines }, 48 * MIB);
    assert.equal(error.code, "TIMEOUT");
    assert.match(
      error.message,
      /the registry took nothing of the content for 0\.1 seconds[^]*timeouts\.stall/,
    );
    assert.equal(count("PUT"), 3);
  });

  test("by an answer that comes a byte at a time", async (t) => {
    const take: Handler = (request, response) => {
      request.resume().on("end", () => {
        response.writeHead(201);
        const timer = setInterval(() => response.write("x"), 20);
        response.on("close", () => {
          clearInterval(timer);
        });
      });
    };
    const { error } = await pushTo(t, { take, deadlines: { document: 1_000 } }, 1_000);
    assert.equal(error.code, "TIMEOUT");
    assert.match(error.message, /did not come to the end of its answer within 1 second/);
  });

  test("by taking two bytes of each chunk", async (t) => {
    let taken = 0;
    const take: Handler = (request, response) => {
      request.resume().on("end", () => {
        taken += 2;
        response.writeHead(202, { range: `0-${taken - 1}` }).end();
      });
    };
    const begun = { "oci-chunk-max-length": "1000" };
    const { error, count } = await pushTo(t, { take, begun }, 3_000);
    assert.equal(error.code, "REGISTRY");
    assert.match(error.message, /the registry has taken \d+ of \d+ bytes/);
    assert.ok(count("PATCH") < 10, `${count("PATCH")} chunks`);
  });
});
