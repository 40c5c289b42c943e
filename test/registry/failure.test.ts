import * as assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { describe, test, type TestContext } from "node:test";
import { type ErrorCode, OciError } from "../../provider/errors";
import { isOutage } from "../../provider/registry/failure";
import { registryMessage } from "../../provider/registry/message";
import type { AddressInfo } from "node:net";
import { createCertificates } from "../support/certificates";
import { endpointAt, openWorld, serve } from "./world";

/** The error of a manifest request to that host. */
async function errorOf(t: TestContext, host: string, plainHttp: boolean): Promise<OciError> {
  const { client, context } = openWorld(t);
  const endpoint = endpointAt(host, { plainHttp });
  const error: unknown = await client.getManifest(endpoint, "1", context).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof OciError);
  return error;
}

/** A server that is no registry. */
async function listen(t: TestContext, onSocket: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("the wrong protocol", () => {
  test("HTTP where HTTPS was expected names plainHttp", async (t) => {
    const registry = await serve(t);
    const error = await errorOf(t, registry.host, false);
    assert.equal(error.code, "PLAIN_HTTP");
    assert.equal(error.fact, "the registry speaks plain HTTP where HTTPS was expected");
    assert.match(error.hint ?? "", /plainHttp: true/);
    assert.ok(error.details[0]?.startsWith(`https://${registry.host}: `));
    assert.equal(isOutage(error), false);
  });

  test("HTTPS where plain HTTP was asked for: servers that say so", async (t) => {
    for (const text of [
      "Client sent an HTTP request to an HTTPS server.\n",
      "<html><center>The plain HTTP request was sent to HTTPS port</center></html>",
    ]) {
      const registry = await serve(t);
      registry.fault({ kind: "manifest", then: { kind: "status", status: 400, body: text } });
      const error = await errorOf(t, registry.host, true);
      assert.equal(error.code, "PLAIN_HTTP");
      assert.match(error.hint ?? "", /drop plainHttp/);
    }
  });

  test("HTTPS where plain HTTP was asked for: servers that send a TLS alert", async (t) => {
    const host = await listen(t, (socket) => {
      socket.end(Buffer.from([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46]));
    });
    const error = await errorOf(t, host, true);
    assert.equal(error.code, "PLAIN_HTTP");
    assert.match(error.hint ?? "", /drop plainHttp/);
  });

  test("HTTPS where plain HTTP was asked for: servers that hang up", async (t) => {
    const { server } = createCertificates();
    const registry = await serve(t, { tls: server });
    const error = await errorOf(t, registry.host, true);
    assert.match(error.hint ?? "", /drop plainHttp/);
  });

  test("something that is no HTTP at all", async (t) => {
    const host = await listen(t, (socket) => socket.end("SSH-2.0-OpenSSH_9.6\r\n"));
    const error = await errorOf(t, host, true);
    assert.equal(error.code, "REGISTRY");
    assert.match(error.hint ?? "", /host and port/);
  });
});

describe("nobody there", () => {
  test("a name that does not resolve", async (t) => {
    const error = await errorOf(t, "registry.invalid", false);
    assert.equal(error.code, "UNREACHABLE");
    assert.ok(error.details[0]?.startsWith("https://registry.invalid: "));
    assert.ok(isOutage(error));
  });

  test("a handshake that never ends is a connection that could not be made", async (t) => {
    const host = await listen(t, () => undefined);
    const { client, context } = openWorld(t, { deadlines: { connect: 50 } });
    const endpoint = endpointAt(host, { plainHttp: false });
    await assert.rejects(client.getManifest(endpoint, "1", context), (error) => {
      assert.ok(error instanceof OciError && error.code === "TIMEOUT" && isOutage(error));
      assert.match(error.hint ?? "", /timeouts/);
      return true;
    });
  });

  test("a handshake that is cut", async (t) => {
    const host = await listen(t, (socket) => socket.destroy());
    const error = await errorOf(t, host, false);
    assert.equal(error.code, "UNREACHABLE");
  });
});

describe("isOutage", () => {
  const error = (code: ErrorCode, cause?: unknown): OciError =>
    new OciError({ code, verb: "v", subject: "s", fact: "f", cause });
  const withCode = (code: string): Error => Object.assign(new Error(code), { code });

  test("what cannot be reached, or is overrun", () => {
    assert.ok(isOutage(error("UNREACHABLE")));
    assert.ok(isOutage(error("RATE_LIMITED")));
  });
  test("of deadlines, the connection's only", () => {
    assert.ok(isOutage(error("TIMEOUT", withCode("UND_ERR_CONNECT_TIMEOUT"))));
    assert.ok(!isOutage(error("TIMEOUT", withCode("UND_ERR_HEADERS_TIMEOUT"))));
    assert.ok(!isOutage(error("TIMEOUT")));
  });
  test("of several endpoints, what the last one says", () => {
    const last = error("TIMEOUT", withCode("UND_ERR_CONNECT_TIMEOUT"));
    assert.ok(isOutage(error("TIMEOUT", last)));
  });
  test("nothing else", () => {
    const codes: readonly ErrorCode[] = [
      "UNAUTHORIZED",
      "FORBIDDEN",
      "NOT_FOUND",
      "TLS",
      "PLAIN_HTTP",
      "DIGEST_MISMATCH",
      "REGISTRY",
      "LIMIT_EXCEEDED",
      "CANCELLED",
    ];
    for (const code of codes) assert.equal(isOutage(error(code)), false, code);
  });
});

describe("registryMessage", () => {
  const cases: readonly (readonly [string, string, string | undefined])[] = [
    ["the specification's form", '{"errors":[{"code":"A","message":"b"},{"code":"C"}]}', "A: b; C"],
    ["OAuth2's form", '{"error":"invalid","error_description":"expired"}', "invalid: expired"],
    [
      "details alone",
      '{"details":"incorrect username or password"}',
      "incorrect username or password",
    ],
    ["a message alone", '{"message":"m"}', "m"],
    ["line feeds", '{"errors":[{"code":"A","message":"b\\nhint: c"}]}', "A: b hint: c"],
    ["wrong types", '{"errors":[5,null,{"code":7,"message":{}}],"error":[]}', undefined],
    ["errors that are no list", '{"errors":{"code":"A"}}', undefined],
    ["no object", '"text"', undefined],
    ["no JSON", "<html>", undefined],
    ["nothing", "", undefined],
    ["more than a program would say", `{"message":"${"a".repeat(9_000)}"}`, undefined],
  ];
  for (const [name, body, expected] of cases) {
    test(name, () => {
      assert.equal(registryMessage(Buffer.from(body)), expected);
    });
  }
});
