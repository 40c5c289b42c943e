/** Lists of pulls: what a line says, and everything that is wrong with a list at once. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseCommand } from "../../cli/arguments";
import type { FlagValues } from "../../cli/flag-values";
import { MOST_LINES, parsePullList } from "../../cli/pull-list";

function read(text: string, flags: FlagValues = {}) {
  return parsePullList(text, "list.txt", "/work", flags);
}

function pullsOf(text: string, flags?: FlagValues) {
  const list = read(text, flags);
  return "pulls" in list ? list.pulls : assert.fail(list.problem);
}

function problemOf(text: string, flags?: FlagValues): string {
  const list = read(text, flags);
  return "problem" in list ? list.problem : assert.fail("nothing is wrong");
}

describe("a list", () => {
  test("has a reference and a folder a line; blank ones and comments say nothing", () => {
    const text =
      "\ufeff# mine\r\n\r\n ghcr.io/a/b:1\tout/b\r\n  # and\n \t\nbusybox \t /abs/c \ng.io/a/b\tout/b#2";
    assert.deepEqual(
      pullsOf(text).map(({ reference, registry, folder, directory, line }) => [
        ...[line, reference, registry],
        ...[folder, directory],
      ]),
      [
        [3, "ghcr.io/a/b:1", "ghcr.io", "out/b", "/work/out/b"],
        [6, "busybox", "docker.io", "/abs/c", "/abs/c"],
        [7, "g.io/a/b", "g.io", "out/b#2", "/work/out/b#2"],
      ],
    );
  });

  test("of wrong lines names them all, by their numbers", () => {
    const text = [
      "ghcr.io/a/b:1 out",
      "ghcr.io/a/b:1\tfine",
      "\tnowhere",
      "ghcr.io/a/b:1\t",
      "# comment",
      "ghcr.io/a/b:1\ta\tb",
      "ghcr.io/A/b:1\tcase",
      "ghcr.io/a/c:1\tx/../fine",
      "ghcr.io/a/d:1\tfine/below/it",
      "ghcr.io/a/d:1\tfine-and-apart",
      "ghcr.io/a/d:1\tnul\0",
    ].join("\n");
    const lines = problemOf(text).split("\n");
    assert.deepEqual(
      lines.filter((line) => !line.startsWith("  line 7: ")),
      [
        "list.txt cannot be pulled as it is; nothing was",
        "  line 1: there is no tab between reference and folder",
        "  line 3: the reference is missing",
        "  line 4: the folder is missing",
        "  line 6: there is more than one tab",
        "  line 8: its folder is that of line 2, too",
        "  line 9: its folder lies in that of line 2",
        "  line 11: the folder has a NUL in its name",
      ],
    );
    assert.match(lines[5] ?? "", /^ {2}line 7: the reference is none: \S/);
  });

  test("nests folders in either order", () => {
    const problem = problemOf("a/b\tx/y/z\na/c\tx\na/d\t/\n");
    assert.match(problem, /line 1: its folder lies in that of line 2\n {2}line 2: .* of line 3$/);
  });

  test("that is no list shows where it begins to be wrong", () => {
    const lines = problemOf("no list\n".repeat(200)).split("\n");
    assert.equal(lines.length, 52);
    assert.equal(lines.at(-1), "  and 150 more");
  });

  test("has something in it, and is bounded", () => {
    for (const text of ["", "\n", "# a/b\tc\n"]) {
      assert.equal(problemOf(text), "list.txt lists no artifact");
    }
    const line = (_: unknown, index: number): string => `a/b\tout/${index}\n`;
    const most = Array.from({ length: MOST_LINES }, line);
    assert.equal(pullsOf(most.join("")).length, MOST_LINES);
    const more = [...most, "a/b\tmore"].join("");
    assert.equal(problemOf(more), "list.txt lists 10001 artifacts; 10000 are the most");
  });
});

describe("what is for one registry", () => {
  const several = "a.example/b\tx\nb.example/b\ty\na.example/c\tz\n";

  for (const flag of [
    "username",
    "cert-file",
    "plain-http",
    "skip-tls-verify",
    "insecure",
    "mirror",
    "mirrors",
  ]) {
    test(`--${flag} goes to no other`, () => {
      const flags = { [flag]: "given" };
      assert.equal(
        problemOf(several, flags),
        `--${flag} is for one registry, and the list names a.example and b.example; make a list for each, or use --registries`,
      );
      assert.equal(pullsOf("a.example/b\tx\na.example/c\ty", flags).length, 2);
    });
  }

  test("all other flags are for all lines", () => {
    const flags = { "ca-file": ["a.pem"], proxy: "none", include: ["*"], timeout: "9" };
    assert.equal(pullsOf(several, flags).length, 3);
  });
});

describe("--from-file", () => {
  test("stands for the reference and the folder", () => {
    const command = parseCommand(["pull", "--from-file", "a", "--json", "--include=x"]);
    assert.ok(command.kind === "pull-list");
    assert.deepEqual([command.file, command.json], ["a", true]);
    assert.deepEqual(command.flags["include"], ["x"]);
    const login = ["--username=u", "--password-stdin"];
    assert.equal(parseCommand(["pull", "--from-file", "a", ...login]).kind, "pull-list");
    assert.equal(parseCommand(["pull", "--from-file", "-"]).kind, "pull-list");
  });

  const mistakes: readonly (readonly [readonly string[], RegExp])[] = [
    [["pull", "a/b", "--from-file=x"], /^pull takes a reference or --from-file, and got "a\/b" as/],
    [
      ["pull", "--from-file=x", "--output=y"],
      /^--output does not go with --from-file: it is of one/,
    ],
    [
      ["pull", "--from-file=x", "--digest=y"],
      /^--digest does not go with --from-file: it is of one/,
    ],
    [["pull", "--from-file="], /^--from-file takes a file, or - for standard input$/],
    [["pull", "--from-file"], /'--from-file <value>' argument missing/],
    [["inspect", "--from-file=x"], /^inspect takes no --from-file$/],
    [["pull", "--from-file=x", "--username=u"], /^--username and --password-stdin go together$/],
    [
      ["pull", "--from-file=-", "--username=u", "--password-stdin"],
      /^--password-stdin and --from-file - both read standard input$/,
    ],
  ];
  for (const [args, problem] of mistakes) {
    test(`wrong: ${args.join(" ")}`, () => {
      const command = parseCommand(args);
      assert.match(command.kind === "wrong" ? command.problem : command.kind, problem);
    });
  }
});
