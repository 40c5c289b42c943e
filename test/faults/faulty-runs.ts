/**
 * A process that runs one command of `oci-artifact` again and again, each time with another call of the
 * file system failing, and says after each what the command came to and what could then be seen; then the
 * same without a fault. It judges nothing.
 *
 * Argument: a {@link Walk} as JSON. Working directory: the project. Prints a {@link Step} a line.
 */
import * as fs from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { isDraft } from "../../provider/store/draft-name";
import { formatIdentity, ownIdentity } from "../../provider/store/process-identity";
import { arm, disarm, switchOn, type Fault, type FaultCode, type Fired } from "./fault-switch";

// Before the product is loaded: that binds nothing, and is not to.
const root = join(process.cwd(), "..");
switchOn(root);

/** A command line behind `oci-artifact`; "tree" pulls as a function of a program, "claim" as a resource with a copy. */
export type Line = readonly [verb: string, ...rest: string[]];

export interface Walk {
  /** Removed before each round; below the folder that holds the project, like all paths here. */
  readonly fresh: readonly string[];
  /** Run before each round, without a fault. */
  readonly before: readonly Line[];
  readonly line: Line;
  /** Each once, and from some call on all of them. */
  readonly codes: readonly FaultCode[];
  /** About so many calls of each. Default: every one. */
  readonly points?: number | undefined;
  /** What can be seen: files, and folders with all that is in them but {@link UNSEEN}. */
  readonly seen: readonly string[];
}

/** What a command came to. */
export interface Ended {
  readonly exitCode: number;
  readonly said: string;
}

/** What could be seen after it. */
export interface View {
  /** Path → text or its sha256 where that is long. */
  readonly files: Readonly<Record<string, string>>;
  /** Below the root: what is at work, or was left there. */
  readonly unfinished: readonly string[];
  /** Blobs that are not what their names say. */
  readonly wrong: readonly string[];
}

export interface Step {
  readonly fault: Fault;
  readonly fired: Fired;
  readonly before: View;
  readonly faulty: Ended & View;
  readonly next: Ended & View;
}

/** Folders of records: of the tree beside them, and nobody's content. */
const UNSEEN = new Set([".pulumi", ".gitignore", ".oci-artifact-new"]);

/** In a folder for work under way, beside a destination or beside a file. */
const UNFINISHED = /^(?!tmp\/).*(\/(staging|in-use)\/|\.oci-artifact[-.])/;

async function command([verb, ...rest]: Line): Promise<number> {
  if (verb === "claim" || verb === "tree") return await claim(rest, verb === "claim");
  if (verb === "cache") return await (await import("../../cli/cache.js")).cacheCommand(rest);
  if (verb === "push" || verb === "copy") {
    return await (await import("../../cli/publish.js")).publishCommand(verb, rest);
  }
  const parsed = (await import("../../cli/arguments.js")).parseCommand([verb, ...rest]);
  if (parsed.kind === "pull") return await (await import("../../cli/pull.js")).pullCommand(parsed);
  if (parsed.kind === "lock") return await (await import("../../cli/lock.js")).lockCommand(parsed);
  if (parsed.kind === "vendor") {
    return await (await import("../../cli/vendor.js")).vendorCommand(parsed);
  }
  throw new Error(`no command of these tests: ${JSON.stringify(parsed)}`);
}

async function claim([reference = ""]: readonly string[], isClaimed: boolean): Promise<number> {
  const { claimFor, closeSessions, pullInputs, worldOf } =
    await import("../../provider/pulumi/session.js");
  const { sayFailure } = await import("../../cli/exit.js");
  const directory = process.cwd();
  const inputs = { reference, plainHttp: true };
  const copied = { ...inputs, destination: "placed" };
  try {
    const result = isClaimed
      ? await pullInputs(copied, { directory, destination: "copy" })
      : await pullInputs(inputs, { directory });
    if (isClaimed) await claimFor(result, { directory });
    await worldOf({ directory }).tidy();
    return 0;
  } catch (error) {
    return sayFailure(error, reference, false);
  } finally {
    await closeSessions();
  }
}

/** Everything that it prints is kept, whole. */
async function run(line: Line): Promise<Ended> {
  const said: string[] = [];
  const streams = [process.stdout, process.stderr];
  for (const stream of streams) {
    stream.write = (text: string | Uint8Array): boolean => {
      said.push(String(text));
      return true;
    };
  }
  try {
    return { exitCode: await command(line), said: said.join("") };
  } finally {
    // Their own one, which the prototype has, is to be seen again.
    for (const stream of streams) Reflect.deleteProperty(stream, "write");
  }
}

/** All files below a folder, or the file itself; without what is left out. */
function* filesBelow(path: string, out: (name: string) => boolean): Generator<string> {
  const facts = fs.lstatSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return;
  if (!facts.isDirectory()) yield path;
  else {
    for (const name of fs.readdirSync(path).sort()) {
      if (!out(name)) yield* filesBelow(join(path, name), out);
    }
  }
}

function look(walk: Walk): View {
  const nameOf = (path: string): string => path.slice(root.length + 1);
  const seen = walk.seen.flatMap((name) => [
    ...filesBelow(join(root, name), (below) => UNSEEN.has(below) || isDraft(below)),
  ]);
  const all = [...filesBelow(root, () => false)];
  const blobs = all.filter((path) => /\/blobs\/sha256\/[0-9a-f]{64}$/.test(path));
  return {
    files: Object.fromEntries(seen.map((path) => [nameOf(path), textOf(path)])),
    unfinished: all.map(nameOf).filter((name) => isDraft(name) || UNFINISHED.test(name)),
    wrong: blobs.filter((path) => !path.endsWith(`/${sha256(fs.readFileSync(path))}`)).map(nameOf),
  };
}

function textOf(path: string): string {
  const facts = fs.lstatSync(path);
  if (facts.isSymbolicLink()) return `-> ${fs.readlinkSync(path)}`;
  const bytes = fs.readFileSync(path);
  return bytes.length > 10_000 ? sha256(bytes) : bytes.toString();
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function round(walk: Walk, fault: Fault): Promise<Step> {
  const { at } = fault;
  for (const name of walk.fresh) fs.rmSync(join(root, name), { recursive: true, force: true });
  const lines = walk.before.map((line) => forRound(line, at));
  for (const line of lines) {
    const { exitCode, said } = await run(line);
    if (exitCode !== 0) throw new Error(`${line.join(" ")}: ${said}`);
  }
  const before = look(walk);
  arm(fault);
  const ended = await run(forRound(walk.line, at));
  const fired = disarm();
  const faulty = { ...ended, ...look(walk) };
  for (const name of faulty.unfinished) buryMaker(join(root, name));
  const next = { ...(await run(forRound(walk.line, at))), ...look(walk) };
  return { fault, fired, before, faulty, next };
}

/** `{at}` is another name each time. */
function forRound([verb, ...rest]: Line, at: number): Line {
  return [verb, ...rest.map((part) => part.replace("{at}", `${at}`))];
}

/** What this process has left becomes that of one which is dead, and of two hours ago. */
function buryMaker(path: string): void {
  const own = formatIdentity(ownIdentity());
  const dead = formatIdentity({ ...ownIdentity(), startTime: "1" });
  if (!fs.existsSync(path)) return;
  if (isDraft(path)) {
    const { pid, startTime } = ownIdentity();
    fs.renameSync(path, path.replace(`-${pid}-${startTime}-`, `-${pid}-1-`));
    return;
  }
  const place = path.slice(0, path.indexOf(own));
  const target = path.replaceAll(own, dead);
  if (path.endsWith(".journal")) {
    fs.writeFileSync(path, fs.readFileSync(path, "utf8").replaceAll(own, dead));
  }
  if (place.length < path.length - 1 && target !== path) {
    const end = path.indexOf("/", place.length + own.length);
    const made = end < 0 ? path : path.slice(0, end);
    fs.renameSync(made, made.replaceAll(own, dead));
  }
  const old = Date.now() / 1000 - 7200;
  if (fs.existsSync(target)) fs.lutimesSync(target, old, old);
}

/** None fails; the calls are those that may fail so, which is all of them. */
const UNDISTURBED: Fault = { code: "EIO", at: 2 ** 30, isLasting: false };

async function main(): Promise<void> {
  process.setMaxListeners(0);
  const walk = JSON.parse(process.argv[2] ?? "") as Walk;
  const play = async (fault: Fault): Promise<Fired> => {
    const step = await round(walk, fault);
    fs.writeSync(1, `${JSON.stringify(step)}\n`);
    return step.fired;
  };
  const { calls } = await play(UNDISTURBED);
  const stride = walk.points === undefined ? 1 : Math.ceil(calls / walk.points);
  let series = 0;
  for (const code of walk.codes) {
    for (const isLasting of [false, true]) {
      // Each series begins elsewhere, so that all together meet many calls.
      series += 1;
      let at = 1 + ((series * 7) % stride);
      while ((await play({ code, at, isLasting })).name !== undefined) at += stride;
    }
  }
}

void main();
