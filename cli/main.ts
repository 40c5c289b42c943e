#!/usr/bin/env node
/**
 * The command `oci-artifact`: a thin skin over the same road that the resource takes. Results go to
 * standard output, everything else to standard error.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import type { Report } from "../provider/context";
import { asOciError } from "../provider/errors";
import { closeSessions, outputsOfResult, pullInputs } from "../provider/pulumi/session";
import { printable, redact } from "../provider/redact";
import { parseCommand, withFlags, type PullCommand } from "./arguments";
import { helpText } from "./help";

const EXIT = { placed: 0, failed: 1, usage: 2 } as const;

async function main(): Promise<number> {
  const command = parseCommand(process.argv.slice(2));
  switch (command.kind) {
    case "help":
      process.stdout.write(helpText());
      return EXIT.placed;
    case "version":
      process.stdout.write(`${packageVersion()}\n`);
      return EXIT.placed;
    case "wrong":
      process.stderr.write(
        `oci-artifact: ${redact(command.problem)}\nhint: oci-artifact --help lists commands and flags\n`,
      );
      return EXIT.usage;
    case "pull":
      return await pullCommand(command);
  }
}

async function pullCommand(command: PullCommand): Promise<number> {
  const interrupted = new AbortController();
  process.once("SIGINT", () => {
    interrupted.abort();
  });
  const output = resolve(command.output);
  try {
    const result = await pullInputs(await inputsOf(command), {
      directory: process.cwd(),
      output,
      report: terminalReport(),
      signal: interrupted.signal,
    });
    const { path: _path, ...facts } = outputsOfResult(result);
    const servedBy = result.pulled.servedBy?.host;
    process.stdout.write(
      command.json
        ? `${JSON.stringify({ ...facts, directory: output, servedBy })}\n`
        : `${facts.pinned}\n${facts.fileCount} files, ${facts.size} bytes in ${printable(command.output)}\n`,
    );
    return EXIT.placed;
  } catch (error) {
    const failure = asOciError(error, "pull", command.reference);
    if (command.json) {
      const { code, message, hint, status } = failure;
      process.stdout.write(`${JSON.stringify({ error: { code, message, hint, status } })}\n`);
    } else {
      process.stderr.write(`${withFlags(failure.message)}\n`);
    }
    return EXIT.failed;
  } finally {
    await closeSessions();
  }
}

/** The inputs that the flags stand for. */
async function inputsOf({
  reference,
  flags,
}: PullCommand): Promise<Readonly<Record<string, unknown>>> {
  const password =
    flags["password-stdin"] === true
      ? (await text(process.stdin)).replace(/\r?\n$/, "")
      : undefined;
  return {
    reference,
    digest: flags["digest"],
    platform: flags["platform"],
    onTagMove: flags["on-tag-move"],
    plainHttp: flags["plain-http"],
    skipTlsVerify: flags["skip-tls-verify"],
    caCertificates: flags["ca-file"],
    credentials: password === undefined ? undefined : { username: flags["username"], password },
  };
}

function terminalReport(): Report {
  const line = (message: string): void => {
    process.stderr.write(`${redact(message)}\n`);
  };
  return {
    info: line,
    warning: (message) => {
      line(`warning: ${message}`);
    },
    status: (message) => {
      if (process.stderr.isTTY) line(message);
    },
  };
}

/** From dist/cli to the package's own folder. */
function packageVersion(): string {
  const file = join(__dirname, "..", "..", "package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

void main().then((code) => {
  process.exitCode = code;
});
