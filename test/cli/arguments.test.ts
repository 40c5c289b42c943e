/** The command line: every flag, every mistake, and the help that names them all. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { allFlags, parseCommand, withFlags } from "../../cli/arguments";
import { helpText } from "../../cli/help";
import { documentedInputs } from "../../provider/pulumi/inputs";

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
    [["push", "x"], /^there is no command "push"; there are pull, inspect and cache$/],
    [["--json"], /^there is no command ""/],
    [["pull", "--output", "x"], /^pull needs a reference$/],
    [["pull", "a", "b", "c", "--output", "x"], /takes one reference, and got "b c" as well/],
    [["pull", "a"], /^pull needs --output DIR$/],
    [["pull", "a", "--output", ""], /^pull needs --output DIR$/],
    [["pull", "a", "--output"], /'--output <value>' argument missing/],
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

test("every input is the reference or has a flag, and the help names all flags", () => {
  for (const { flags, name } of documentedInputs()) {
    assert.equal(flags.length > 0, name !== "reference", name);
  }
  const names = allFlags().map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (const { argument, description, name } of allFlags()) {
    assert.notEqual(description ?? "", "", name);
    const usage = argument === undefined ? `--${name}` : `--${name} ${argument}`;
    assert.ok(helpText().includes(`  ${usage} `), usage);
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

test("a mistyped flag: the one that was meant", () => {
  assert.match(
    problemOf("pull", "a", "--output", "x", "--plain-htp"),
    /^Unknown option '--plain-htp'; did you mean --plain-http\?$/,
  );
});
