/** The command line: every flag, every mistake, and the help that names them all. */
import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { allFlags, parseCommand } from "../../cli/arguments";
import { hintWithFlags, withFlags } from "../../cli/flag-words";
import { helpText } from "../../cli/help";
import type { InputType } from "../../provider/pulumi/input-types";
import { documentedInputs } from "../../provider/pulumi/inputs";
import { folderFor } from "../support/folder-for-test";

/** Of the same build as this test. */
const COMMAND = join(__dirname, "..", "..", "cli", "main.js");

/** Names of all fields, of those within as well: "tuf.mirror", "identities.0.certificateIdentity". */
function fieldsOf(type: InputType): readonly string[] {
  if (type.kind === "objects")
    return fieldsOf({ ...type, kind: "object" }).map((name) => `0.${name}`);
  if (type.kind !== "object") return [];
  return Object.entries(type.fields).flatMap(([name, field]) => {
    const within = fieldsOf(field.type);
    return within.length === 0 ? [name] : within.map((inner) => `${name}.${inner}`);
  });
}

function problemOf(...args: readonly string[]): string {
  const command = parseCommand(args);
  return command.kind === "wrong" ? command.problem : assert.fail(command.kind);
}

describe("pull", () => {
  test("with the least that it needs", () => {
    const command = parseCommand(["pull", "host/app:1", "--output", "out"]);
    assert.equal(command.kind, "pull");
    assert.deepEqual(
      [command.reference, command.output, command.json],
      ["host/app:1", "out", false],
    );
  });

  test("with all flags, in any order", () => {
    const command = parseCommand([
      ...["--json", "--plain-http", "--output=out", "--ca-file", "a.pem", "pull"],
      ...["--ca-file=b.pem", "--username", "u", "--password-stdin", "host/app"],
      ...["--skip-tls-verify", "--digest", "sha256:x"],
    ]);
    assert.equal(command.kind, "pull");
    assert.equal(command.json, true);
    assert.deepEqual(
      { ...command.flags },
      {
        json: true,
        "plain-http": true,
        output: "out",
        "ca-file": ["a.pem", "b.pem"],
        username: "u",
        "password-stdin": true,
        "skip-tls-verify": true,
        digest: "sha256:x",
      },
    );
  });
});

describe("mistakes", () => {
  const cases: readonly [readonly string[], RegExp][] = [
    [
      ["pus", "x"],
      /^there is no command "pus"; there are pull, inspect, verify, tags, lock, vendor, push, tag, attach, copy, diff and cache$/,
    ],
    [["--json"], /^there is no command ""/],
    [["pull", "--output", "x"], /^pull needs a reference$/],
    [["pull", "a", "b", "c", "--output", "x"], /takes one reference, and got "b c" as well/],
    [["pull", "a"], /^pull needs --output DIR$/],
    [["pull", "a", "--output", ""], /^pull needs --output DIR$/],
    [["pull", "a", "--output"], /'--output <value>' argument missing/],
    [
      ["pull", "a", "--output", "x", "--layer", "-1"],
      /^--layer takes a value; one that begins with a dash is written --layer=-…$/,
    ],
    [["pull", "a", "--output", "x", "--username", "u"], /--username and --password-stdin go/],
    [["pull", "a", "--output", "x", "--password-stdin"], /--username and --password-stdin go/],
    [["pull", "a", "--output", "x", "--nonsense"], /^Unknown option '--nonsense'$/],
    [["pull", "a", "--output", "x", "--json=yes"], /'--json' does not take an argument/],
  ];
  for (const [args, problem] of cases) {
    test(args.join(" "), () => {
      assert.match(problemOf(...args), problem);
    });
  }

  test("a password on the command line is refused, and not repeated", () => {
    for (const args of [["--password=hunter2-x"], ["--password", "hunter2-x"]]) {
      assert.doesNotMatch(problemOf("pull", "a", "--output", "x", ...args), /hunter2/);
    }
  });
});

test("help and version", () => {
  for (const args of [[], ["--help"], ["pull", "--help"], ["--help", "--version"]]) {
    assert.equal(parseCommand(args).kind, "help");
  }
  assert.equal(parseCommand(["--version"]).kind, "version");
});

test("every input has a flag, and the help names all flags", () => {
  // The reference is an argument, and there is no preview on the command line.
  const without = ["reference", "pullOnPreview"];
  for (const { flags, name, type } of documentedInputs()) {
    assert.equal(flags.length > 0, !without.includes(name), name);
    const isWhole = flags.some(({ field, pairs }) => pairs === true && field === undefined);
    if (type.kind !== "object" || isWhole) continue;
    const fields = flags.flatMap(({ field }) => field ?? []);
    assert.deepEqual(fields.sort(), [...fieldsOf(type)].sort(), name);
  }
  const names = allFlags().map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (const { argument, description, name } of allFlags()) {
    assert.notEqual(description ?? "", "", name);
    const usage = argument === undefined ? `--${name}` : `--${name} ${argument}`;
    assert.match(helpText(), new RegExp(`^  ${usage}(\\n {26})? `, "m"));
  }
});

test("hints name flags where errors of the road name inputs", () => {
  const message = "cannot pull plainHttp: no\n  a detail of plainHttp\nhint: ";
  assert.equal(
    withFlags(`${message}set plainHttp: true, or caCertificates for the digest`),
    `${message}set --plain-http, or --ca-file for the digest`,
  );
  assert.equal(withFlags("cannot pull plainHttp: no"), "cannot pull plainHttp: no");
});

describe("in place of inputs, flags are named", () => {
  const cases: readonly (readonly [string, string])[] = [
    // The fact and the details: what can be nothing but an input.
    [
      "it takes longer than the 2 seconds of timeouts.total",
      "it takes longer than the 2 seconds of --timeout",
    ],
    ["cannot use caCertificates[0]: a.pem", "cannot use --ca-file: a.pem"],
    ["cannot use clientCertificate.key: the file", "cannot use --key-file: the file"],
    ["cannot use clientCertificate.passphrase: no", "cannot use --passphrase-file: no"],
    ['cannot use input "digest": the digest', "cannot use --digest: the digest"],
    ["cannot use verify.keys[3]: a.pub", "cannot use --verify-key: a.pub"],
    ['cannot use input "verify": it does', "cannot use --verify: it does"],
    ['cannot use input "verify.identities[0]": it', "cannot use --certificate-identity: it"],
    [
      'cannot use input "verify.identities[0].certificateIdentityRegexp": it',
      "cannot use --certificate-identity-regexp: it",
    ],
    // Only a file has a second one.
    ['cannot use input "verify.identities[1]": it', 'cannot use input "verify.identities[1]": it'],
    ["whom verify.identities does not name", "whom --certificate-identity does not name"],
    ["verify.tuf.root of verify.tuf", "--tuf-root of --tuf-mirror"],
    ['cannot use input "include[12]": it matches', "cannot use --include: it matches"],
    ['cannot use input "timeouts.stall": it must', "cannot use --stall-timeout: it must"],
    ['cannot use input "limits.entries": it must', "cannot use --limit entries=…: it must"],
    ['cannot use input "reference": it is', 'cannot use input "reference": it is'],
    [
      '  credentials: the input "credentials"',
      "  credentials: --username, --password-stdin and --identity-token-file",
    ],
    // A name as such may be a word, or a registry's own.
    ["the digest of plainHttp and credentials", "the digest of plainHttp and credentials"],
    ["cannot pull r.example/limits.entries:1", "cannot pull r.example/limits.entries:1"],
    ["cannot pull timeouts.total.example/a:1", "cannot pull timeouts.total.example/a:1"],
    ["limits.nonsense of x", "limits.nonsense of x"],
    // Hints, those of details too.
    ['hint: add certificateIdentity: "…"', 'hint: add --certificate-identity "…"'],
    ["hint: or identityToken alone", "hint: or --identity-token-file alone"],
    ["hint: raise limits.layers", "hint: raise --limit layers=…"],
    ["  hint: drop plainHttp: true", "  hint: drop --plain-http"],
    ['hint: set onTagMove: "update" to', "hint: set --on-tag-move update to"],
    ["hint: of timeouts.connect", "hint: of --connect-timeout"],
    ['hint: check the input "proxy", or the proxy', "hint: check --proxy, or the proxy"],
    [
      "hint: check the credentials, reference or platform",
      "hint: check the credentials, reference or platform",
    ],
    // Words that a hint asks for, or that a fact says something of, are inputs, too.
    ["hint: set platform to one of these", "hint: set --platform to one of these"],
    ["hint: name one by digest, leave out semver", "hint: name one by digest, leave out --semver"],
    ["hint: leave it out by exclude", "hint: leave it out by --exclude"],
    [
      "hint: before it, in proxy, or set proxy to none",
      "hint: before it, in --proxy, or set --proxy to none",
    ],
    ["hint: or give credentials", "hint: or give --username and --password-stdin"],
    ["hint: It counts behind stripComponents. A", "hint: It counts behind --strip-components. A"],
    ["  include leaves 0", "  --include leaves 0"],
    ["  stripComponents 1 leaves 0", "  --strip-components 1 leaves 0"],
    ["layers matches none of its layers", "--layer matches none of its layers"],
    ['none of its 5 tags fits semver "^9"', 'none of its 5 tags fits --semver "^9"'],
    ["include and exclude select none", "--include and --exclude select none"],
    // In the file of --mirrors or --registries they are fields.
    [
      "hint: there are mirrors[0].plainHttp, mirrors[0].insecure",
      "hint: there are mirrors[0].plainHttp, mirrors[0].insecure",
    ],
    [
      'hint: did you mean "registries["r.example"].plainHttp"?',
      'hint: did you mean "registries["r.example"].plainHttp"?',
    ],
    [
      'hint: { "location": "x", "plainHttp": true }',
      'hint: { "location": "x", "plainHttp": true }',
    ],
    ["hint: relative to the program's directory", "hint: relative to the working directory"],
    [
      "hint: remove include and exclude, or give the folder that it lies in",
      "hint: remove --include and --exclude, or give the folder that it lies in",
    ],
    [
      "hint: give the directory, and let include and exclude take it",
      "hint: give the directory, and let --include and --exclude take it",
    ],
  ];
  for (const [line, shown] of cases) {
    test(line.trim(), () => {
      const around = (text: string): string => `cannot x\n${text}\nhint: y`;
      assert.equal(withFlags(line), shown);
      assert.equal(withFlags(around(line)), around(shown));
    });
  }

  test("in a hint alone, which JSON has", () => {
    assert.equal(
      hintWithFlags("set plainHttp: true, mediaTypes or timeouts.total; check the digest"),
      "set --plain-http, --media-type or --timeout; check the digest",
    );
  });

  test("in all of a failure's JSON", (t) => {
    const folder = folderFor(t);
    const args = ["pull", "127.0.0.1:1/app", "--output", "out", "--json", "--ca-file", "none.pem"];
    const { status, stdout } = spawnSync(process.execPath, [COMMAND, ...args], {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, XDG_CACHE_HOME: join(folder, "cache") },
      encoding: "utf8",
    });
    assert.equal(status, 1);
    const hint = "give a PEM text, or the path of a PEM file, relative to the working directory";
    const message = `cannot use --ca-file: none.pem cannot be read (ENOENT)\nhint: ${hint}`;
    assert.deepEqual(JSON.parse(stdout), { error: { code: "CONFIG", message, hint } });
  });
});

test("a broken --auth-file: the error says what to correct, also before anybody is asked", (t) => {
  const folder = folderFor(t);
  writeFileSync(join(folder, "auth.json"), "{");
  const args = ["pull", "127.0.0.1:1/app", "--output", "out", "--auth-file", "auth.json"];
  const { status, stderr } = spawnSync(process.execPath, [COMMAND, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"], HOME: folder, XDG_CACHE_HOME: join(folder, "cache") },
    encoding: "utf8",
  });
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^cannot read the credentials in \S+auth\.json: it is not valid JSON\nhint: correct \S+auth\.json, or the option --auth-file, which names it\n$/,
  );
});

test("the help says what paths are relative to where there is no program", () => {
  assert.doesNotMatch(helpText(), /program's directory/);
});

test("a mistyped flag: the one that was meant", () => {
  assert.match(
    problemOf("pull", "a", "--output", "x", "--plain-htp"),
    /^Unknown option '--plain-htp'; did you mean --plain-http\?$/,
  );
});
