/**
 * A process of its own that pulls once, as a function of a program would, into its working
 * directory: says "ready", waits for its standard input to end, then works. Prints what came of it.
 *
 * Argument: a {@link Request} as JSON. Cache and temporary folder come from the environment.
 */
import { once } from "node:events";
import { join } from "node:path";
import { OciError } from "../../provider/errors";
import { claimFor, closeSessions, pullInputs } from "../../provider/pulumi/session";
import { recordReport } from "../support/report-for-test";
import { contentOf, type Content } from "./content";

export interface Request {
  readonly reference: string;
  /** Root becomes this user first, whom file modes bind. */
  readonly user?: number;
}

export interface Outcome {
  readonly digest?: string;
  readonly content?: Content;
  readonly code?: string;
  readonly message?: string;
  readonly warnings: readonly string[];
}

async function outcomeOf(reference: string): Promise<Outcome> {
  const directory = process.cwd();
  const report = recordReport();
  const warnings = (): readonly string[] => report.said("warning");
  try {
    const result = await pullInputs({ reference, plainHttp: true }, { directory, report });
    await claimFor(result, { directory });
    const { digest, path } = result.pulled;
    return { digest, content: contentOf(join(directory, path)), warnings: warnings() };
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    return { code: error.code, message: error.message, warnings: warnings() };
  } finally {
    await closeSessions();
  }
}

async function main(): Promise<void> {
  const { reference, user } = JSON.parse(process.argv[2] ?? "") as Request;
  if (user !== undefined) {
    process.setgroups?.([]);
    process.setgid?.(user);
    process.setuid?.(user);
  }
  process.stdout.write("ready\n");
  await once(process.stdin.resume(), "end");
  process.stdout.write(`${JSON.stringify(await outcomeOf(reference))}\n`);
}

void main();
