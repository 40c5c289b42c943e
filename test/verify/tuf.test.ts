/** The trusted root of a TUF repository: what is asked for, what is kept, and who meets whom. */
import * as assert from "node:assert/strict";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { digestOf } from "../../provider/digest";
import { parsePolicy } from "../../provider/verify/parse-policy";
import { verifySignatures } from "../../provider/verify/signatures";
import { tufTrustedRoot, type TufTools } from "../../provider/verify/tuf";
import { openWorld } from "../registry/world";
import { folderFor } from "../support/folder-for-test";
import { run } from "../support/processes";
import { sigstoreText } from "../support/sigstore-layouts";
import { tufRepositoryFor, type TufRepository } from "../support/sigstore-tuf";
import type { TufRun, TufRunResult } from "../support/sigstore-tuf-run";
import { openSignedWorld, refused } from "./world";

const ROOT = sigstoreText("roots/root.json");
const OTHER = sigstoreText("roots/other.json");
const FRESH = ["timestamp.json", "snapshot.json", "targets.json", "targets/trusted_root.json"];

interface TufWorld {
  readonly repository: TufRepository;
  readonly folder: string;
  readonly cache: string;
  /** In a process of its own. */
  readonly ask: (more?: Partial<TufRun>) => Promise<TufRunResult>;
  /** The states that are kept, and whatever else lies beside them. */
  readonly kept: () => readonly string[];
}

async function openTuf(t: TestContext): Promise<TufWorld> {
  const repository = await tufRepositoryFor(t, { trustedRoot: ROOT });
  const folder = folderFor(t);
  const [cache, temporary] = [join(folder, "cache"), join(folder, "tmp")];
  mkdirSync(temporary);
  return {
    repository,
    folder,
    cache,
    async ask(more = {}) {
      const given: TufRun = {
        cache,
        temporary,
        repository: repository.options,
        freshness: "fresh",
        ...more,
      };
      const script = join(__dirname, "../support/sigstore-tuf-run.js");
      const options = { environment: {}, owner: folder, timeoutMs: 120_000 };
      const { exitCode, stdout, text } = await run(
        process.execPath,
        [script, JSON.stringify(given)],
        options,
      );
      assert.equal(exitCode, 0, text);
      return JSON.parse(stdout) as TufRunResult;
    },
    kept() {
      const [key = ""] = readdirSync(join(cache, "tuf"));
      return readdirSync(join(cache, "tuf", key));
    },
  };
}

/** Makes the state that is kept one whose metadata is over, as time would. */
function expire({ repository, cache, kept }: TufWorld): void {
  repository.publish({ trustedRoot: ROOT, expires: new Date(Date.now() - 1_000) });
  const [key = ""] = readdirSync(join(cache, "tuf"));
  const state = join(cache, "tuf", key, [...kept()].sort().at(-1) ?? "");
  const [library = ""] = readdirSync(state).filter((name) => name.startsWith("127"));
  writeFileSync(join(state, library, "timestamp.json"), repository.text("timestamp.json"));
}

/** What was asked for, without the question for a newer root, which there never is. */
function asked(repository: TufRepository): readonly string[] {
  return repository.take().filter((name) => name !== "2.root.json");
}

describe("a repository", () => {
  test("is asked once, and not again while its metadata holds", async (t) => {
    const { ask, repository, kept, cache } = await openTuf(t);
    assert.deepEqual(await ask(), { digest: digestOf(ROOT), warnings: [] });
    assert.deepEqual(asked(repository), FRESH);
    repository.publish({ trustedRoot: OTHER });
    assert.deepEqual(await ask(), { digest: digestOf(ROOT), warnings: [] });
    assert.deepEqual(asked(repository), []);
    assert.equal(kept().length, 1);
    const [key = ""] = readdirSync(join(cache, "tuf"));
    assert.equal(statSync(join(cache, "tuf", key)).mode & 0o777, 0o700);
  });

  test("is asked again when its metadata is over, and the state before stays for a while", async (t) => {
    const world = await openTuf(t);
    await world.ask();
    expire(world);
    world.repository.publish({ trustedRoot: OTHER });
    world.repository.take();
    assert.deepEqual(await world.ask(), { digest: digestOf(OTHER), warnings: [] });
    assert.deepEqual(asked(world.repository), FRESH);
    assert.equal(world.kept().length, 2);
    assert.ok(world.kept().every((name) => /^\d{16}-[0-9a-f]{8}$/.test(name)));
  });

  test("of another root is another one, whatever lies in the cache", async (t) => {
    const { ask, repository, cache } = await openTuf(t);
    await ask();
    const stranger = await tufRepositoryFor(t, { trustedRoot: OTHER });
    const { mirror } = repository.options;
    const result = await ask({ repository: { mirror, root: stranger.options.root } });
    assert.equal(result.code, "TRUSTED_ROOT");
    assert.equal(readdirSync(join(cache, "tuf")).length, 2);
  });

  test("that serves another target than it has signed is refused", async (t) => {
    const { ask, repository, kept } = await openTuf(t);
    repository.replace(
      "targets/trusted_root.json",
      OTHER.padEnd(ROOT.length).slice(0, ROOT.length),
    );
    const { code, message = "" } = await ask();
    assert.equal(code, "TRUSTED_ROOT");
    assert.match(message, /^cannot use the TUF repository http:\/\/127\.0\.0\.1:\d+: /);
    assert.deepEqual(kept(), []);
  });
});

describe("an outage", () => {
  test("is none while the metadata holds", async (t) => {
    const { ask, repository } = await openTuf(t);
    await ask();
    await repository.stop();
    assert.deepEqual(await ask(), { digest: digestOf(ROOT), warnings: [] });
  });

  test("is an error where a signature is new, and a warning where it was verified before", async (t) => {
    const world = await openTuf(t);
    await world.ask();
    expire(world);
    await world.repository.stop();
    const { code, message = "", warnings } = await world.ask();
    assert.equal(code, "TRUSTED_ROOT");
    assert.match(message, /ECONNREFUSED.*\nhint: let the network reach it .*verify\.trustedRoot/);
    assert.deepEqual(warnings, []);
    const known = await world.ask({ freshness: "known" });
    assert.equal(known.digest, digestOf(ROOT));
    assert.match(
      known.warnings.join(),
      /^the TUF repository http.* going on with the trusted root/,
    );
    assert.equal(world.kept().length, 1);
  });

  test("from the beginning leaves nothing to go on with", async (t) => {
    const { ask, repository } = await openTuf(t);
    await repository.stop();
    assert.equal((await ask({ freshness: "known" })).code, "TRUSTED_ROOT");
  });
});

describe("who meets whom", () => {
  test("cold processes at once do not collide", async (t) => {
    const { ask, kept } = await openTuf(t);
    const results = await Promise.all(Array.from({ length: 6 }, () => ask()));
    for (const result of results) {
      assert.deepEqual(result, { digest: digestOf(ROOT), warnings: [] });
    }
    assert.ok(
      kept().every((name) => /^\d{16}-[0-9a-f]{8}$/.test(name)),
      kept().join(),
    );
    assert.deepEqual(await ask(), { digest: digestOf(ROOT), warnings: [] });
  });

  test("resources of one process ask once", async (t) => {
    const { repository, cache } = await openTuf(t);
    const { context } = openWorld(t);
    const settings = { ...context.settings, cacheDirectory: cache };
    const texts = await Promise.all(
      Array.from({ length: 8 }, () =>
        tufTrustedRoot(repository.options, "fresh", { ...context, settings }),
      ),
    );
    assert.deepEqual([...new Set(texts)], [ROOT]);
    assert.deepEqual(asked(repository), FRESH);
  });

  test("a process that lives on asks anew after an hour, and trusts nobody for longer", async (t) => {
    const world = await openTuf(t);
    const { context } = openWorld(t);
    const settings = { ...context.settings, cacheDirectory: world.cache };
    const ask = (): Promise<string> =>
      tufTrustedRoot(world.repository.options, "fresh", { ...context, settings });
    t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
    assert.equal(await ask(), ROOT);
    expire(world);
    world.repository.publish({ trustedRoot: OTHER });
    t.mock.timers.tick(59 * 60 * 1000);
    assert.equal(await ask(), ROOT);
    t.mock.timers.tick(60 * 1000);
    assert.equal(await ask(), OTHER);
  });

  test("what killed runs left goes after an hour, and what is at work stays", async (t) => {
    const { ask, kept, cache } = await openTuf(t);
    const [key = ""] = [await ask()].flatMap(() => readdirSync(join(cache, "tuf")));
    const folder = join(cache, "tuf", key);
    const [state = ""] = kept();
    for (const name of ["draft-old", "draft-new", "0000000000000001-00000000"]) {
      cpSync(join(folder, state), join(folder, name), { recursive: true });
    }
    const old = new Date(Date.now() - 2 * 60 * 60 * 1000);
    utimesSync(join(folder, "draft-old"), old, old);
    rmSync(join(folder, state), { recursive: true });
    rmSync(join(folder, "0000000000000001-00000000"), { recursive: true });
    await ask();
    assert.deepEqual(
      kept().filter((name) => name.startsWith("draft")),
      ["draft-new"],
    );
  });

  test("a state that the disk has damaged is passed over", async (t) => {
    const world = await openTuf(t);
    await world.ask();
    const [key = ""] = readdirSync(join(world.cache, "tuf"));
    const [state = ""] = world.kept();
    for (const name of readdirSync(join(world.cache, "tuf", key, state), { recursive: true })) {
      const file = join(world.cache, "tuf", key, state, String(name));
      if (file.endsWith("root.json")) writeFileSync(file, "");
    }
    world.repository.take();
    assert.deepEqual(await world.ask(), { digest: digestOf(ROOT), warnings: [] });
    assert.deepEqual(asked(world.repository), FRESH);
  });

  test("where the cache cannot be written a temporary folder does, and nothing is left there", async (t) => {
    const { ask, folder, cache } = await openTuf(t);
    writeFileSync(cache, "a file");
    assert.deepEqual(await ask(), { digest: digestOf(ROOT), warnings: [] });
    assert.deepEqual(readdirSync(join(folder, "tmp")), []);
  });
});

describe("the package", () => {
  const ABSENT: TufTools = {
    load() {
      throw Object.assign(new Error("Cannot find module"), { code: "MODULE_NOT_FOUND" });
    },
  };

  test("that is not installed: the error says so, and what needs none", async (t) => {
    const { context } = openWorld(t);
    const settings = { ...context.settings, cacheDirectory: folderFor(t) };
    const error = await refused(
      tufTrustedRoot(undefined, "fresh", { ...context, settings }, ABSENT),
    );
    assert.equal(
      error.message,
      [
        "cannot use the TUF repository of Sigstore's public-good instance: the package @sigstore/tuf is not installed",
        "hint: install it (npm install @sigstore/tuf), or give verify.trustedRoot, which needs no repository",
      ].join("\n"),
    );
    assert.equal(error.code, "TRUSTED_ROOT");
    assert.deepEqual(readdirSync(settings.cacheDirectory), []);
  });

  test("cannot be cancelled, and nobody waits for it", async (t) => {
    const { repository, cache } = await openTuf(t);
    const aborter = new AbortController();
    const { context } = openWorld(t, { signal: aborter.signal });
    const settings = { ...context.settings, cacheDirectory: cache };
    aborter.abort();
    const work = tufTrustedRoot(repository.options, "fresh", { ...context, settings });
    assert.equal((await refused(work)).code, "CANCELLED");
  });
});

test("a signature is verified with what the repository gives", async (t) => {
  const { repository, cache } = await openTuf(t);
  const world = await openSignedWorld(t, { layout: "keyless-bundle-rekor2-ok" });
  const identity = { certificateIdentityRegexp: ".*", certificateOidcIssuerRegexp: ".*" };
  const parsed = parsePolicy({ identities: [identity], tuf: repository.options });
  assert.ok(parsed.ok);
  const settings = { ...world.context.settings, cacheDirectory: cache };
  const context = { ...world.context, settings };
  const { signers } = await verifySignatures(world.digest, parsed.policy, world.source, context);
  assert.match(signers.join(), /^https:\/\/github\.com\/acme\/app/);
  assert.deepEqual(asked(repository), FRESH);
});
