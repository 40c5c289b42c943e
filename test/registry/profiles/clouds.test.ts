/** What sets the registries of the clouds apart, beyond the requests of an ordinary pull. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ACR_ACCESS_TOKEN, PROFILES } from "../../support/registry-profiles";
import { explicit } from "../world";
import { openProfile } from "./profile-world";

describe("ecr", () => {
  test("a login that has expired is named with its source", async (t) => {
    const { pull, registry } = await openProfile(t, "ecr");
    const message = "Your authorization token has expired. Reauthenticate and try again.";
    const body = { errors: [{ code: "DENIED", message }] };
    registry.fault({ kind: "manifest", then: { kind: "status", status: 403, body } });
    await assert.rejects(pull(), (error: Error & { code?: string }) => {
      assert.equal(error.code, "FORBIDDEN");
      assert.match(error.message, /DENIED: Your authorization token has expired/);
      assert.match(error.message, /credentials: .*config\.json \(auths\["\d+\.dkr\.ecr\./);
      assert.match(error.message, /hint: log in to \d+\.dkr\.ecr\.\S+ again/);
      assert.ok(!error.message.includes(PROFILES.ecr.login.password));
      return true;
    });
  });

  test("pull-through: a tag that is not cached yet comes, though HEAD does not know it", async (t) => {
    const { artifact, pull, registry } = await openProfile(t, "ecr", {
      quirks: { isPullThrough: true },
    });
    await pull();
    const { client, context, endpoint } = await openProfile(t, "ecr", {
      quirks: { isPullThrough: true },
    });
    assert.equal(await client.headManifest(endpoint, "1", context), undefined);
    assert.equal((await client.getManifest(endpoint, "1", context)).digest, artifact.digest);
    assert.equal(registry.count({ kind: "blob", status: 307 }), 1);
  });

  test("pull-through: a digest that is not cached yet is not found, until its tag was", async (t) => {
    const { artifact, pull, registry } = await openProfile(t, "ecr", {
      quirks: { isPullThrough: true },
    });
    const reference = PROFILES.ecr.reference.replace(":1", `@${artifact.digest}`);
    await assert.rejects(pull({ reference }), { code: "NOT_FOUND" });
    // A 404 is an answer: once without and once with the login, and never again.
    assert.deepEqual(
      registry.requests.map(({ status }) => status),
      [401, 404],
    );
    await pull();
    assert.equal((await pull({ reference })).digest, artifact.digest);
  });
});

describe("gar", () => {
  test("a page for people in place of the tags fails as such", async (t) => {
    const { client, context, endpoint, registry } = await openProfile(t, "gar");
    const headers = { "content-type": "text/html" };
    const body = "<html>Sign in</html>";
    registry.fault({ kind: "tags", then: { kind: "status", status: 200, headers, body } });
    await assert.rejects(client.listTags(endpoint, context), {
      code: "REGISTRY",
      message: /list the tags of europe-west3-docker\.pkg\.dev\/project.*lists no tags/,
    });
  });
});

describe("acr", () => {
  test("the access token of `az acr login --expose-token` is a password", async (t) => {
    const { client, context, endpoint, trace } = await openProfile(t, "acr", {
      isLoggedOut: true,
      auth: { password: ACR_ACCESS_TOKEN },
    });
    const { username } = PROFILES.acr.login;
    const credential = explicit({ username, password: ACR_ACCESS_TOKEN });
    await client.getManifest({ ...endpoint, credential }, "1", context);
    assert.equal(trace()[1], "GET example.azurecr.io token basic 200");
  });

  test("an identity token that has expired is named with its source", async (t) => {
    const { pull, registry } = await openProfile(t, "acr", {
      auth: { identityToken: "another one" },
    });
    await assert.rejects(pull(), (error: Error & { code?: string }) => {
      assert.equal(error.code, "UNAUTHORIZED");
      assert.match(
        error.message,
        /credentials: .*config\.json \(auths\["example\.azurecr\.io"\]\)/,
      );
      assert.match(error.message, /hint: log in to example\.azurecr\.io again/);
      return true;
    });
    assert.equal(registry.count({ kind: "blob" }), 0);
  });
});

describe("ghcr", () => {
  test("what is public is pulled without a login, by an anonymous token", async (t) => {
    const { pull, trace } = await openProfile(t, "ghcr", { isLoggedOut: true });
    await pull();
    assert.equal(trace()[1], "GET ghcr.io token none 200");
  });

  test("what is private fails at the token service, and the error asks for a login", async (t) => {
    const { pull } = await openProfile(t, "ghcr", {
      isLoggedOut: true,
      auth: { anonymousPull: false },
    });
    await assert.rejects(pull(), {
      code: "UNAUTHORIZED",
      message:
        /the token service asks for credentials[^]*no credentials for ghcr\.io[^]*hint: log in \(docker login ghcr\.io\)/,
    });
  });

  test("a download that breaks goes on by a fresh URL, when the first has expired", async (t) => {
    let clock = Date.now();
    const { artifact, pull, registry } = await openProfile(t, "ghcr", {
      now: () => clock,
      // Tokens would expire as well, and are renewed; here the URL alone is old.
      auth: { expiresIn: 3_600 },
      onPause: () => {
        clock += 301_000;
      },
    });
    registry.fault({ kind: "storage", times: 1, then: { kind: "reset", afterBytes: 100 } });
    assert.equal((await pull()).digest, artifact.digest);
    assert.equal(registry.count({ kind: "blob", status: 307 }), 2);
    const [first, second] = registry.matching({ kind: "storage" });
    assert.notEqual(first?.path, second?.path);
    assert.deepEqual([second?.status, second?.headers.range], [206, "bytes=100-"]);
  });

  test("a URL that has expired on the way blames no login, and tries no other", async (t) => {
    const blobs = { ...PROFILES.ghcr.options.quirks.blobs, lifetime: 0 };
    const { pull, trace } = await openProfile(t, "ghcr", { quirks: { blobs } });
    await assert.rejects(pull(), (error: Error & { code?: string }) => {
      assert.equal(error.code, "FORBIDDEN");
      assert.match(error.message, /the host it redirects to denies access/);
      assert.match(error.message, /ghcr\.io: https:\/\/pkg-containers\..*: answered 403/);
      assert.match(error.message, /hint: run again; .* this machine's clock/);
      assert.ok(!error.message.includes("config.json"));
      return true;
    });
    assert.deepEqual(trace().slice(3), [
      "GET ghcr.io blob bearer 307",
      "GET pkg-containers.githubusercontent.com storage none 403",
    ]);
  });

  test("a HEAD that ends where only GET is signed tells nothing, and GET does", async (t) => {
    const { artifact, client, context, endpoint, registry } = await openProfile(t, "ghcr");
    const location = "https://pkg-containers.githubusercontent.com/signed/x";
    const method = "HEAD";
    registry.fault({ kind: "manifest", method, then: { kind: "redirect", location } });
    registry.fault({ kind: "storage", method, then: { kind: "status", status: 401 } });
    assert.equal(await client.headManifest(endpoint, "1", context), undefined);
    assert.equal((await client.getManifest(endpoint, "1", context)).digest, artifact.digest);
  });

  test("its web page is no answer about referrers: the fallback tag is", async (t) => {
    const { artifact, client, context, endpoint, registry, trace } = await openProfile(t, "ghcr");
    const index = { schemaVersion: 2, manifests: [] };
    registry.repository("octocat/manifests").putManifest(index, {
      tag: artifact.digest.replace(":", "-"),
      mediaType: "application/vnd.oci.image.index.v1+json",
    });
    const pages = await client.getReferrers(endpoint, artifact.digest, context);
    assert.deepEqual(
      pages.map(({ bytes }) => JSON.parse(bytes.toString()) as unknown),
      [index],
    );
    assert.deepEqual(trace().slice(-2), [
      "GET ghcr.io referrers bearer 303",
      "GET ghcr.io manifest bearer 200",
    ]);
  });
});

describe("docker hub", () => {
  test("what is official needs no name before it, and no login", async (t) => {
    const { pull, registry } = await openProfile(t, "dockerHub", { isLoggedOut: true });
    registry.repository("library/busybox").putManifest({ schemaVersion: 2 }, { tag: "1" });
    await assert.rejects(pull({ reference: "busybox:1" }));
    assert.equal(registry.count({ repository: "library/busybox", status: 200 }), 1);
    assert.equal(registry.matching({ kind: "token" })[0]?.authorization, "none");
  });

  test("a limit that is used up says so, and what the hub says about it", async (t) => {
    const { pull, registry } = await openProfile(t, "dockerHub", { isLoggedOut: true });
    const message = "You have reached your unauthenticated pull rate limit.";
    const body = { errors: [{ code: "TOOMANYREQUESTS", message }] };
    registry.fault({ kind: "manifest", then: { kind: "status", status: 429, body } });
    await assert.rejects(pull(), {
      code: "RATE_LIMITED",
      message:
        /TOOMANYREQUESTS: You have reached[^]*hint: .*with credentials most registries allow/,
    });
  });

  test("what has not moved is asked by HEAD alone, which the hub does not count", async (t) => {
    const { artifact, pull, registry } = await openProfile(t, "dockerHub");
    await pull();
    await pull({ known: artifact.digest });
    assert.equal(registry.count({ kind: "manifest", method: "GET", status: 200 }), 1);
  });
});
