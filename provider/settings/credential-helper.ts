/**
 * Asks a program `docker-credential-NAME` for the secrets of a server. It never runs a shell, a
 * program outside the search path, or any verb but "get", and shows nothing of a secret.
 *
 * Rule: https://github.com/docker/docker-credential-helpers/blob/v0.9.3/README.md
 */
import type { ExecFileException } from "node:child_process";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { OciError } from "../errors";
import type { Secrets } from "./auth-files/entry";
import { field, isRecord } from "./fields";

/** Bounds of one call. */
export interface HelperBounds {
  readonly deadlineMs: number;
  readonly outputBytes: number;
}

export const HELPER_BOUNDS: HelperBounds = Object.freeze({
  deadlineMs: 30_000,
  outputBytes: 1024 ** 2,
});

/** What helpers print where they do not know the server; the protocol knows it by this text. */
const NOT_FOUND = "credentials not found in native keychain";

/** User name by which a helper says that the secret is an identity token. */
const TOKEN_USER = "<token>";

/** Longest first line of a failed helper that is shown. */
const SHOWN_LENGTH = 200;

/** The name of the helper's program: `docker-credential-NAME`. */
export function helperProgram(name: string): string {
  return `docker-credential-${name}`;
}

/**
 * What the helper keeps for the server, or undefined where it keeps nothing.
 *
 * @throws OciError CONFIG, where the helper is missing, fails, or answers nonsense.
 */
export async function askHelper(
  searchPath: string,
  name: string,
  server: string,
  bounds: HelperBounds = HELPER_BOUNDS,
): Promise<Secrets | undefined> {
  const program = await locateHelper(searchPath, name);
  const { error, output } = await sharedRun(program, server, bounds);
  if (error === null) return readAnswer(name, output);
  if (output.trim() === NOT_FOUND) return undefined;
  throw failed(name, failure(error, output, bounds));
}

/**
 * The program of a helper: where it would be run from.
 *
 * @throws OciError CONFIG, where there is no such program, or nothing could be called so.
 */
export async function locateHelper(searchPath: string, name: string): Promise<string> {
  if (!/^[\w.-]+$/.test(name)) throw failed(name, `"${name}" is not the name of a helper`);
  const program = await findProgram(searchPath, helperProgram(name));
  if (program !== undefined) return program;
  const hint = "install it, or take it out of the file";
  throw failed(name, "there is no such program in PATH", hint);
}

/** The first executable file of that name; relative folders of the path are passed over. */
async function findProgram(searchPath: string, program: string): Promise<string | undefined> {
  const names = process.platform === "win32" ? [`${program}.exe`, program] : [program];
  for (const directory of searchPath.split(delimiter).filter(isAbsolute)) {
    for (const candidate of names.map((name) => join(directory, name))) {
      if (await isExecutable(candidate)) return candidate;
    }
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

interface Run {
  readonly error: ExecFileException | null;
  readonly output: string;
}

/** Runs under way. Many repositories of one host ask at once, and a helper may ask a person. */
const underWay = new Map<string, Promise<Run>>();

function sharedRun(program: string, server: string, bounds: HelperBounds): Promise<Run> {
  const key = JSON.stringify([program, server, bounds]);
  const running =
    underWay.get(key) ?? run(program, server, bounds).finally(() => underWay.delete(key));
  underWay.set(key, running);
  return running;
}

function run(program: string, server: string, bounds: HelperBounds): Promise<Run> {
  return new Promise((resolve) => {
    const options = {
      timeout: bounds.deadlineMs,
      maxBuffer: bounds.outputBytes,
      killSignal: "SIGKILL",
      windowsHide: true,
    } as const;
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- few machines have a helper
    const { execFile } = require("node:child_process") as typeof import("node:child_process");
    const child = execFile(program, ["get"], options, (error, output) => {
      resolve({ error, output });
    });
    // A helper may end without reading its input; what counts is how it ends.
    child.stdin?.on("error", () => undefined).end(server);
  });
}

/** Why a run failed. Its first line is its reason by the protocol, unless it is an answer. */
function failure(error: ExecFileException, output: string, bounds: HelperBounds): string {
  if (error.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") {
    return `it printed more than ${bounds.outputBytes} bytes`;
  }
  if (error.killed === true) return `it did not end within ${bounds.deadlineMs / 1000} s`;
  if (typeof error.code === "string") return `it cannot be run (${error.code})`;
  const line = output.trim().split("\n", 1)[0] ?? "";
  const reason = line === "" || line.includes("{") ? "" : `: ${line.slice(0, SHOWN_LENGTH)}`;
  return `it ended with ${error.signal ?? `exit code ${error.code ?? "unknown"}`}${reason}`;
}

function readAnswer(name: string, output: string): Secrets | undefined {
  const answer = firstObject(output);
  const username = answer && (field(answer, "Username") ?? "");
  const secret = answer && (field(answer, "Secret") ?? "");
  if (typeof username !== "string" || typeof secret !== "string") {
    throw failed(name, "its answer is not JSON with Username and Secret");
  }
  if (secret === "" && (username === "" || username === TOKEN_USER)) return undefined;
  return username === TOKEN_USER ? { identityToken: secret } : { username, password: secret };
}

/** The JSON object that the text begins with; what follows it does not count. */
function firstObject(text: string): Readonly<Record<string, unknown>> | undefined {
  const object = text.slice(0, endOfObject(text));
  try {
    const value: unknown = JSON.parse(object);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Behind the brace that closes the first one; 0 where there is none. */
function endOfObject(text: string): number {
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/[{}]|"(?:[^"\\]|\\.)*"/g)) {
    if (token === "{") depth += 1;
    if (token === "}") depth -= 1;
    if (token === "}" && depth <= 0) return index + 1;
  }
  return 0;
}

function failed(name: string, fact: string, hint?: string): OciError {
  const subject = helperProgram(name);
  return new OciError({ code: "CONFIG", verb: "ask the credential helper", subject, fact, hint });
}
