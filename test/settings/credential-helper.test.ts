/** Real helper programs on a search path: what they are asked, what they answer, how they fail. */
import * as assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, relative } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { OciError } from "../../provider/errors";
import type { Secrets } from "../../provider/settings/auth-files/entry";
import {
  askHelper,
  type HelperBounds,
  locateHelper,
} from "../../provider/settings/credential-helper";
import { calls, knows, KNOWS_NOTHING, writeHelper } from "./helper-scripts";

describe("askHelper", () => {
  let folder = "";

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "credential-helper-"));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  async function answerOf(body: string, bounds?: HelperBounds): Promise<Secrets | undefined> {
    writeHelper(folder, "one", body);
    return askHelper(folder, "one", "a.example", bounds);
  }

  async function failureOf(work: Promise<unknown>): Promise<OciError> {
    const error: unknown = await work.then(
      () => assert.fail("the helper did not fail"),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof OciError);
    assert.equal(error.code, "CONFIG");
    return error;
  }

  test("asks with `get` and the bare server, and gives what the helper keeps", async () => {
    const secrets = await answerOf(knows("a.example", "u", "p"));
    assert.deepEqual(secrets, { username: "u", password: "p" });
    assert.deepEqual(calls(folder), ["one get a.example"]);
  });

  test("is run once for all who ask at the same time, and anew for those after them", async () => {
    writeHelper(folder, "one", `sleep 0.2\n${knows("a.example", "u", "p")}`);
    const ask = () => askHelper(folder, "one", "a.example");
    const answers = await Promise.all([ask(), ask(), ask()]);
    assert.deepEqual(answers, Array(3).fill({ username: "u", password: "p" }));
    assert.deepEqual(calls(folder), ["one get a.example"]);
    await ask();
    assert.equal(calls(folder).length, 2);
  });

  test("an identity token that is empty is none, so the next source is asked", async () => {
    assert.equal(await answerOf(knows("a.example", "<token>", "")), undefined);
  });

  test("the user <token> makes the secret an identity token", async () => {
    const secrets = await answerOf(knows("a.example", "<token>", "refresh"));
    assert.deepEqual(secrets, { identityToken: "refresh" });
  });

  test("field names count without regard to case, and trailing text does not count", async () => {
    const secrets = await answerOf(`echo '{"username":"u{}\\"","SECRET":"p}"} and more {'`);
    assert.deepEqual(secrets, { username: 'u{}"', password: "p}" });
  });

  test("an object within the answer does not end it", async () => {
    const secrets = await answerOf(`echo '{"Extra":{"a":{}},"Username":"u","Secret":"p"}'`);
    assert.deepEqual(secrets, { username: "u", password: "p" });
  });

  test("what it prints to stderr means nothing", async () => {
    const secrets = await answerOf(`echo trouble >&2\n${knows("a.example", "u", "p")}`);
    assert.deepEqual(secrets, { username: "u", password: "p" });
  });

  test("a helper that does not read its input is as good", async () => {
    const file = join(folder, "docker-credential-deaf");
    writeFileSync(file, `#!/bin/sh\nexec 0<&-\necho '{"Username":"u","Secret":"p"}'\n`);
    chmodSync(file, 0o755);
    const server = "a".repeat(1024 ** 2);
    assert.deepEqual(await askHelper(folder, "deaf", server), { username: "u", password: "p" });
  });

  test("an unknown server and an empty object are none", async () => {
    assert.equal(await answerOf(KNOWS_NOTHING), undefined);
    assert.equal(await answerOf("echo '{}'"), undefined);
  });

  test("the text of an unknown server counts only with a failed exit", async () => {
    const error = await failureOf(answerOf("echo 'credentials not found in native keychain'"));
    assert.equal(error.fact, "its answer is not JSON with Username and Secret");
  });

  for (const [what, body] of [
    ["nothing", "true"],
    ["no JSON", "echo nonsense"],
    ["half an object", `echo '{"Username":"u"'`],
    ["a list", "echo '[]'"],
    ["a number for a secret", `echo '{"Username":"u","Secret":5}'`],
  ] as const) {
    test(`printing ${what} is a failure`, async () => {
      const error = await failureOf(answerOf(body));
      assert.equal(error.fact, "its answer is not JSON with Username and Secret");
      assert.equal(error.subject, "docker-credential-one");
    });
  }

  test("a failure gives exit code and first line, but never an answer", async () => {
    const locked = await failureOf(answerOf("echo 'the keychain is locked'; echo more; exit 2"));
    assert.equal(locked.fact, "it ended with exit code 2: the keychain is locked");
    const leaky = await failureOf(answerOf(`echo '{"Secret":"hunter22"}'; exit 3`));
    assert.equal(leaky.fact, "it ended with exit code 3");
  });

  test("a helper that a signal ends names the signal", async () => {
    const error = await failureOf(answerOf("kill -TERM $$"));
    assert.equal(error.fact, "it ended with SIGTERM");
  });

  test("too much output ends the helper", async () => {
    const bounds = { deadlineMs: 30_000, outputBytes: 100 };
    const error = await failureOf(answerOf("while :; do echo 0123456789; done", bounds));
    assert.equal(error.fact, "it printed more than 100 bytes");
  });

  test("a helper that does not end is ended at the deadline", async () => {
    const bounds = { deadlineMs: 500, outputBytes: 100 };
    const error = await failureOf(answerOf("exec sleep 60", bounds));
    assert.equal(error.fact, "it did not end within 0.5 s");
  });

  test("a missing helper is named, with what to do", async () => {
    const error = await failureOf(askHelper(folder, "two", "a.example"));
    assert.match(error.message, /docker-credential-two: there is no such program in PATH/);
    assert.match(error.hint ?? "", /install it/);
  });

  test("the first executable file of the search path is run, others are passed over", async () => {
    const [plain, directory, good] = ["plain", "directory", "good"].map((it) => join(folder, it));
    assert.ok(plain !== undefined && directory !== undefined && good !== undefined);
    for (const it of [plain, directory, good]) mkdirSync(it);
    writeFileSync(join(plain, "docker-credential-one"), "#!/bin/sh\nexit 9\n", { mode: 0o644 });
    mkdirSync(join(directory, "docker-credential-one"));
    writeHelper(good, "one", knows("a.example", "u", "p"));
    const searchPath = ["", join(folder, "missing"), plain, directory, good].join(delimiter);
    assert.deepEqual(await askHelper(searchPath, "one", "a.example"), {
      username: "u",
      password: "p",
    });
  });

  test("a helper is located without being run", async () => {
    writeHelper(folder, "one", knows("a.example", "u", "p"));
    const program = await locateHelper(folder, "one");
    assert.equal(program, join(folder, "docker-credential-one"));
    await failureOf(locateHelper(folder, "two"));
    assert.deepEqual(calls(folder), []);
  });

  test("relative folders of the search path are never used", async () => {
    writeHelper(folder, "one", knows("a.example", "u", "p"));
    const searchPath = relative(process.cwd(), folder);
    const error = await failureOf(askHelper(searchPath, "one", "a.example"));
    assert.equal(error.fact, "there is no such program in PATH");
    assert.deepEqual(calls(folder), []);
  });

  for (const name of ["", "../one", "sub/one", "one;id", "one two", "one\u0000"]) {
    test(`${JSON.stringify(name)} is not the name of a helper`, async () => {
      mkdirSync(join(folder, "docker-credential-.."), { recursive: true });
      writeHelper(folder, "one", knows("a.example", "u", "p"));
      const error = await failureOf(askHelper(folder, name, "a.example"));
      assert.match(error.fact, /is not the name of a helper/);
      assert.deepEqual(calls(folder), []);
    });
  }
});
