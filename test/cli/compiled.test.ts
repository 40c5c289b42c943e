/**
 * Compiled code that is kept, on small programs: what is run of the file and what never is, and that a
 * module cannot tell where its code came from. The command itself is tested in test/package.
 */
import * as assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  existsSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { digestOf, openCompiled, type CompiledFile } from "../../cli/compiled-file";
import { folderFor } from "../support/folder-for-test";
import { run } from "../support/processes";

const LOADER = join(__dirname, "..", "..", "cli", "compiled.js");

/** Requires a module as the command does, and keeps what was compiled. */
const COMPILING = `
  const keep = require(${JSON.stringify(LOADER)}).compileOnce(__filename);
  process.once("exit", keep);
  require("./subject");
`;

interface Program {
  readonly folder: string;
  readonly file: string;
  /** Runs a file of the folder: all that it prints. */
  readonly start: (file?: string, ...flags: readonly string[]) => Promise<string>;
}

/** A program of these files, by name. */
function programFor(t: TestContext, files: Readonly<Record<string, string>>): Program {
  const folder = folderFor(t);
  for (const [name, source] of Object.entries({ "compiling.js": COMPILING, ...files })) {
    writeFileSync(join(folder, name), source);
  }
  const start = async (file = "compiling.js", ...flags: readonly string[]): Promise<string> => {
    const options = { cwd: folder, environment: {}, owner: folder, timeoutMs: 60_000 };
    const { exitCode, text } = await run(process.execPath, [...flags, file], options);
    assert.equal(exitCode, 0, text);
    return text;
  };
  return { folder, file: join(folder, "compiled"), start };
}

const NOBODY = 65_534;

/** Two sources of one length: V8 would run the compiled form of one for the other. */
const ONE = 'console.log("one");\n';
const TWO = 'console.log("two");\n';

/** The file as the program left it. */
function opened({ folder, file }: Program): CompiledFile {
  return openCompiled(file, join(folder, "compiling.js"), engineOf(file));
}

function engineOf(file: string): string {
  const bytes = readFileSync(file);
  const header = bytes.toString("latin1", 4, 4 + bytes.readUInt32LE(0));
  return (JSON.parse(header) as { readonly engine: string }).engine;
}

/** A program of ONE, whose file has the compiled form of TWO for it. */
async function exchanged(t: TestContext): Promise<Program> {
  const program = programFor(t, { "subject.js": TWO });
  assert.equal(await program.start(), "two\n");
  const form = opened(program).find(digestOf(TWO));
  assert.ok(form);
  opened(program).add(() => new Map([[digestOf(ONE), form]]));
  writeFileSync(join(program.folder, "subject.js"), ONE);
  return program;
}

describe("what is kept", () => {
  test("is run, and V8 does not see of which source it came", async (t) => {
    const program = await exchanged(t);
    const { ino } = statSync(program.file);
    assert.equal(await program.start(), "two\n");
    assert.equal(statSync(program.file).ino, ino, "there was nothing to keep");
  });

  test("is not run where a single byte of it is another, and is made anew", async (t) => {
    const program = await exchanged(t);
    const bytes = readFileSync(program.file);
    const last = bytes.length - 1;
    bytes.writeUInt8(bytes.readUInt8(last) ^ 1, last);
    writeFileSync(program.file, bytes);
    assert.equal(await program.start(), "one\n");
    assert.notDeepEqual(readFileSync(program.file), bytes);
    assert.equal(await program.start(), "one\n");
  });

  test("is not run for a source that has changed", async (t) => {
    const program = await exchanged(t);
    writeFileSync(join(program.folder, "subject.js"), ONE.replace("one", "six"));
    assert.equal(await program.start(), "six\n");
  });

  test("is not run by an engine with other flags, which leaves it alone for a day", async (t) => {
    const program = await exchanged(t);
    const { ino } = statSync(program.file);
    assert.equal(await program.start("compiling.js", "--no-opt"), "one\n");
    assert.equal(statSync(program.file).ino, ino);
    assert.equal(await program.start(), "two\n");
    const code = join(program.folder, "compiling.js");
    assert.equal(openCompiled(program.file, code, "another").find(digestOf(ONE)), undefined);
  });

  for (const mode of [0o664, 0o646]) {
    test(`is not run with mode ${mode.toString(8)}, whatever the code has`, async (t) => {
      const program = await exchanged(t);
      chmodSync(join(program.folder, "compiling.js"), mode);
      assert.equal(await program.start(), "two\n");
      chmodSync(program.file, mode);
      assert.equal(await program.start(), "one\n", "its group need not be that of the code");
    });
  }

  test("is its owner's to write, also where a group may write the code", async (t) => {
    const program = programFor(t, { "subject.js": ONE });
    chmodSync(join(program.folder, "compiling.js"), 0o664);
    const before = process.umask(0);
    await program.start().finally(() => process.umask(before));
    assert.equal(statSync(program.file).mode & 0o777, 0o644);
  });

  test("that the engine refuses is left alone for a day, and replaced then", async (t) => {
    const program = programFor(t, { "subject.js": `${TWO} // and longer` });
    await program.start();
    const form = opened(program).find(digestOf(`${TWO} // and longer`));
    assert.ok(form);
    opened(program).add(() => new Map([[digestOf(ONE), form]]));
    writeFileSync(join(program.folder, "subject.js"), ONE);
    const { ino } = statSync(program.file);
    assert.equal(await program.start(), "one\n");
    assert.equal(statSync(program.file).ino, ino);
    const then = Date.now() / 1_000 - 2 * 24 * 60 * 60;
    utimesSync(program.file, then, then);
    assert.equal(await program.start(), "one\n");
    assert.notDeepEqual(opened(program).find(digestOf(ONE)), form);
    const { mtimeMs } = statSync(program.file);
    assert.equal(await program.start(), "one\n");
    assert.equal(statSync(program.file).mtimeMs, mtimeMs);
  });

  test("is used where it is of the owner of the code, or of us, and of nobody else", async (t) => {
    const program = await exchanged(t);
    const { folder, file } = program;
    const { uid } = statSync(file);
    const isUsed = (code: string): boolean =>
      openCompiled(file, code, engineOf(file)).find(digestOf(ONE)) !== undefined;
    const ofAnother = uid === 0 ? join(folder, "subject.js") : "/etc/passwd";
    if (uid === 0) chownSync(ofAnother, NOBODY, NOBODY);
    const whoAmI = process.getuid?.bind(process);
    assert.ok(whoAmI);
    assert.ok(isUsed(ofAnother), "it is ours");
    t.after(() => (process.getuid = whoAmI));
    process.getuid = () => uid + 1;
    assert.ok(isUsed(join(folder, "compiling.js")), "it is of the owner of the code");
    assert.ok(!isUsed(ofAnother));
  });

  test("stays when others are kept", async (t) => {
    const program = programFor(t, { "subject.js": ONE });
    await program.start();
    writeFileSync(join(program.folder, "subject.js"), TWO);
    await program.start();
    const { ino } = statSync(program.file);
    for (const source of [ONE, TWO]) {
      writeFileSync(join(program.folder, "subject.js"), source);
      await program.start();
    }
    assert.equal(statSync(program.file).ino, ino);
  });
});

for (const [what, bytes] of Object.entries({
  "is empty": Buffer.alloc(0),
  "is cut": Buffer.from([0xff, 0, 0, 0, 0x7b]),
  "has a length without end": Buffer.alloc(8, 0xff),
  "has a header of another kind": Buffer.from("\x04\0\0\0null"),
  "has entries of another kind": Buffer.from('\x1c\0\0\0{"engine":"","entries":[7]} '),
})) {
  test(`a file that ${what} is none`, (t) => {
    const { folder, file } = programFor(t, { "subject.js": ONE });
    writeFileSync(file, bytes);
    const code = join(folder, "compiling.js");
    assert.equal(openCompiled(file, code, "").find(digestOf(ONE)), undefined);
  });
}

test("nothing is made of what cannot be kept", (t) => {
  const { folder, file } = programFor(t, {});
  const open = () => openCompiled(file, join(folder, "compiling.js"), "engine");
  const made = () => assert.fail("it takes its time");
  writeFileSync(file, "of another engine");
  open().add(made);
  const gone = openCompiled(join(folder, "no-folder", "compiled"), file, "engine");
  gone.add(made);
});

test("nothing is kept under other flags than those at the beginning", async (t) => {
  const flags = 'require("node:v8").setFlagsFromString("--no-opt");';
  const program = programFor(t, { "subject.js": flags });
  await program.start();
  assert.ok(!existsSync(program.file));
});

test("a file beyond the bound begins anew, with what is asked for now", (t) => {
  const { folder, file } = programFor(t, {});
  const open = () => openCompiled(file, join(folder, "compiling.js"), "engine");
  const five = Buffer.alloc(5 * 1024 ** 2, 5);
  open().add(() => new Map([["first", five]]));
  open().add(() => new Map([["second", five]]));
  assert.equal(open().find("first"), undefined);
  assert.deepEqual(open().find("second"), five);
});

/** Prints all that a module can find out about itself. */
const CURIOUS = `"use strict"; const at = () => new Error().stack.split("\\n")[2].trim(); const first = at();
const second = at();
const places = [__filename, __dirname, module.id, module.filename, module.parent.id];
const same = [this === exports, exports === module.exports, arguments.length];
const found = [require.resolve("./data.json"), require.resolve.paths("data"), Object.keys(require)];
const main = [require.main === process.mainModule, require.main.filename, module.children.length];
const cached = [require.cache[__filename] === module, require.extensions === module.constructor._extensions];
let wrong;
try { require("./wrong"); } catch (error) { wrong = [error.name, error.stack.split("\\n").slice(0, 4)]; }
const loaded = [require("./data.json"), require("./hashbang"), module.children.length];
console.log(JSON.stringify([first, second, places, same, found, main, cached, wrong, loaded]));
require("./importing").then((imported) => console.log(JSON.stringify(imported)));
`;

test("a module cannot tell, and what is unusual works as ever", async (t) => {
  const program = programFor(t, {
    "plain.js": 'require("./subject");',
    "subject.js": CURIOUS,
    "data.json": "[7]",
    "wrong.js": "\nconst = 7;",
    "hashbang.js": "#!/usr/bin/env node\nmodule.exports = __filename;",
    "importing.js": 'module.exports = import("./module.mjs").then((found) => found.default);',
    "module.mjs": "export default import.meta.url;",
  });
  const told = (await program.start("plain.js")).replaceAll("plain.js", "compiling.js");
  assert.match(told, /subject\.js:1:87.*subject\.js:2:16/);
  assert.match(told, /SyntaxError/);
  assert.match(told, /module\.mjs"\n$/);
  assert.equal(await program.start(), told, "compiled");
  const { ino } = statSync(program.file);
  assert.equal(await program.start(), told, "kept");
  assert.equal(statSync(program.file).ino, ino);
});
