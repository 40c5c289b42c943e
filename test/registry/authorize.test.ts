/** Logging in: by user name and password, with credentials that are refused, and without a trace. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OciError } from "../../provider/errors";
import type { FindCredential } from "../../provider/registry/sessions";
import type { CredentialSearch } from "../../provider/settings/credentials";
import { BASIC, challenge, open, TOKEN, trace } from "./authorize-world";
import { ambient, explicit, LOGIN } from "./world";

describe("Basic", () => {
  test("goes out only when asked for, and is remembered", async (t) => {
    const { get, registry } = await open(t, { auth: BASIC, ambient: ambient() });
    await get();
    await get();
    assert.deepEqual(trace(registry), [
      "GET manifest none 401",
      "GET manifest basic 200",
      "GET manifest basic 200",
    ]);
  });

  test("is never sent where nobody asks", async (t) => {
    const { get, registry } = await open(t, { ambient: ambient() });
    await get();
    assert.deepEqual(trace(registry), ["GET manifest none 200"]);
  });

  test("works for HEAD", async (t) => {
    const { head, registry } = await open(t, { auth: BASIC, ambient: ambient() });
    assert.notEqual(await head(), undefined);
    assert.deepEqual(trace(registry), ["HEAD manifest none 401", "HEAD manifest basic 200"]);
  });

  test("of the user is final when it is refused, and named", async (t) => {
    const credential = explicit({ password: "wrong" });
    const { get, registry } = await open(t, {
      auth: { ...BASIC, anonymousPull: false },
      ambient: ambient(),
      endpoint: { credential },
    });
    await assert.rejects(get(), (error: Error & { code?: string }) => {
      assert.equal(error.code, "UNAUTHORIZED");
      assert.match(error.message, /the registry refuses the credentials/);
      assert.match(error.message, /credentials: the input "credentials"/);
      return true;
    });
    assert.deepEqual(trace(registry), ["GET manifest none 401", "GET manifest basic 401"]);
  });

  test("is not sent to a challenge that does not want it", async (t) => {
    for (const header of ["Negotiate", "Digest realm=x", "", "Basic-like realm=x"]) {
      const { get, registry } = await open(t, { ambient: ambient() });
      challenge(registry, header);
      await assert.rejects(get(), { code: "UNAUTHORIZED" });
      assert.ok(registry.requests.every(({ authorization }) => authorization === "none"));
    }
  });

  test("without credentials the error says where they were looked for", async (t) => {
    const { get, registry } = await open(t, { auth: BASIC });
    await assert.rejects(get(), (error: Error) => {
      assert.match(error.message, /the registry asks for credentials/);
      assert.match(
        error.message,
        /no credentials for 127\.0\.0\.1:\d+ in \S+auth\.json, .*\/nowhere\/\.docker\/config\.json, /,
      );
      assert.match(
        error.message,
        /hint: log in \(docker login 127\.0\.0\.1:\d+\), or give credentials/,
      );
      return true;
    });
    assert.equal(registry.requests.length, 1);
  });
});

describe("credentials of the machine that are refused", () => {
  const stale = ambient({ password: "stale password" });

  test("by the token service: what is public is pulled anonymously, from then on", async (t) => {
    const auth = { ...TOKEN, anonymousPull: true };
    const { get, registry, warnings } = await open(t, { auth, ambient: stale });
    await get();
    await get();
    assert.deepEqual(warnings, [
      `${registry.host} refuses the credentials of ${stale.source}: going on without any\n` +
        `hint: log in to ${registry.host} again, or remove them`,
    ]);
    assert.deepEqual(
      registry.matching({ kind: "token" }).map(({ authorization }) => authorization),
      ["basic", "none"],
    );
    assert.equal(trace(registry).at(-1), "GET manifest bearer 200");
  });

  test("by the registry: the same, also where it says 403", async (t) => {
    for (const status of [401, 403]) {
      const { get, registry } = await open(t, { ambient: stale });
      challenge(registry, 'Basic realm="x"', 1);
      registry.fault({ kind: "manifest", times: 1, then: { kind: "status", status } });
      await get();
      assert.deepEqual(
        registry.requests.map(({ authorization }) => authorization),
        ["none", "basic", "none"],
      );
    }
  });

  test("the error is that of the first refusal, and names their source", async (t) => {
    const { get, registry, warnings } = await open(t, { auth: TOKEN, ambient: stale });
    await assert.rejects(get(), (error: Error & { code?: string }) => {
      assert.equal(error.code, "UNAUTHORIZED");
      assert.match(error.message, /the token service refuses the credentials/);
      assert.match(error.message, /: http:\S+\/token: answered 401, UNAUTHORIZED/);
      assert.match(error.message, /credentials: \/home\/x\/\.docker\/config\.json \(auths\)/);
      assert.match(error.message, /hint: log in to 127\.0\.0\.1:\d+ again/);
      return true;
    });
    assert.equal(registry.count({ kind: "token" }), 2);
    assert.deepEqual(warnings, []);
  });

  test("are looked for anew by the next request: a helper's password lives for hours", async (t) => {
    const held = [ambient({ password: "of yesterday" }), ambient()];
    let searches = 0;
    const findCredential: FindCredential = () => Promise.resolve(held[searches++]);
    const { get, registry } = await open(t, {
      auth: { ...BASIC, anonymousPull: false },
      findCredential,
    });
    await assert.rejects(get(), { code: "UNAUTHORIZED" });
    registry.clearRequests();
    await get();
    await get();
    assert.equal(searches, 2);
    assert.deepEqual(trace(registry), [
      "GET manifest none 401",
      "GET manifest basic 200",
      "GET manifest basic 200",
    ]);
  });

  test("a registry that denies without asking for any starts no second try", async (t) => {
    const { get, registry } = await open(t, { ambient: stale });
    registry.fault({ kind: "manifest", then: { kind: "status", status: 403 } });
    await assert.rejects(get(), { code: "FORBIDDEN" });
    assert.equal(registry.requests.length, 1);
  });

  test("who is denied without being asked is not told to check credentials that nobody sent", async (t) => {
    const denied = { kind: "manifest", then: { kind: "status", status: 403 } } as const;
    const { get, registry } = await open(t, { ambient: stale });
    registry.fault(denied);
    await assert.rejects(get(), (error: Error) => {
      assert.match(error.message, /\n {2}no credentials were sent: it asks for none\n/);
      assert.match(
        error.message,
        /\nhint: check the name.* may help \(docker login 127\.0\.0\.1:\d+\)/,
      );
      return true;
    });
    const given = await open(t, { endpoint: { credential: explicit() } });
    given.registry.fault(denied);
    await assert.rejects(given.get(), /sent: it asks for none\nhint: check the name[^;]*$/);
    assert.equal(registry.requests.length + given.registry.requests.length, 2);
  });

  test("many requests at once all get through", async (t) => {
    const auth = { ...TOKEN, anonymousPull: true };
    const { get, registry, warnings } = await open(t, { auth, ambient: stale });
    await Promise.all([get(), get(), get()]);
    assert.equal(registry.count({ kind: "manifest", status: 200 }), 3);
    assert.equal(warnings.length, 1);
  });
});

describe("where credentials are looked for", () => {
  const searchOf = (name: string): CredentialSearch => ({
    places: { inOrder: [{ name }] },
    searchPath: "",
    helpers: ["containers-auth.json"],
  });
  /** Who has logged in with the file `good`. */
  const findCredential: FindCredential = ({ places }) =>
    Promise.resolve(places.inOrder[0]?.name === "good" ? ambient() : undefined);

  test("is the endpoint's to say, and an answer serves no other search", async (t) => {
    const { get, registry } = await open(t, { auth: BASIC, findCredential });
    await get({ search: searchOf("good") });
    await assert.rejects(get({ search: searchOf("other") }), {
      code: "UNAUTHORIZED",
      message: /no credentials for \S+ in other$/m,
    });
    await assert.rejects(get(), { code: "UNAUTHORIZED", message: /in \S+auth\.json, / });
    await get({ search: searchOf("good") });
    assert.equal(registry.matching({ kind: "manifest", status: 200 }).length, 2);
  });

  test("is not looked at where a credential is given, or nobody asks for one", async (t) => {
    let count = 0;
    const counting: FindCredential = () => Promise.resolve(void (count += 1));
    const { get } = await open(t, { auth: BASIC, findCredential: counting });
    await get({ credential: explicit() });
    const free = await open(t, { findCredential: counting });
    await free.get();
    assert.equal(count, 0);
  });

  test("a search that fails is the error, and may go well the next time", async (t) => {
    let isMended = false;
    const { get, registry } = await open(t, {
      auth: BASIC,
      findCredential: () =>
        isMended ? Promise.resolve(ambient()) : Promise.reject(new OciError(BROKEN)),
    });
    await assert.rejects(get(), { code: "CONFIG", message: /cannot read the file/ });
    assert.equal(registry.requests.length, 1);
    isMended = true;
    await get();
  });
});

const BROKEN = { code: "CONFIG", verb: "read", subject: "the file", fact: "it is broken" } as const;

test("no error shows a secret", async (t) => {
  const credential = explicit({ password: "hunter2-hunter2" });
  const { get, registry } = await open(t, { auth: TOKEN, endpoint: { credential } });
  const sent = Buffer.from(`${LOGIN.username}:hunter2-hunter2`).toString("base64");
  const body = { errors: [{ code: "DENIED", message: `Basic ${sent} is wrong` }] };
  registry.fault({ kind: "token", when: "any", then: { kind: "status", status: 401, body } });
  await assert.rejects(get(), (error: Error) => {
    assert.match(error.message, /DENIED: Basic \[secret\] is wrong/);
    return true;
  });
});
