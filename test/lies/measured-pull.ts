/**
 * A process of its own that pulls once into its working directory and prints what came of it and the
 * most memory that it ever had. It reads nothing of what it pulled, and judges nothing.
 *
 * Argument: the reference. Cache and temporary folder come from the environment.
 */
import { OciError } from "../../provider/errors";
import { closeSessions, pullInputs } from "../../provider/pulumi/session";
import { recordReport } from "../support/report-for-test";

/** What a pull came to, and what it took. */
export interface Measured {
  /** Of a pull that succeeded: the program's path of the tree. */
  readonly path?: string;
  readonly code?: string;
  readonly message?: string;
  /** Bytes, of all threads together, at the worst moment. */
  readonly memory: number;
}

async function outcomeOf(reference: string): Promise<Omit<Measured, "memory">> {
  const options = { directory: process.cwd(), report: recordReport() };
  try {
    const { pulled } = await pullInputs({ reference, plainHttp: true }, options);
    return { path: pulled.path };
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    return { code: error.code, message: error.message };
  } finally {
    await closeSessions();
  }
}

async function main(): Promise<void> {
  const outcome = await outcomeOf(process.argv[2] ?? "");
  const measured: Measured = { ...outcome, memory: process.resourceUsage().maxRSS * 1024 };
  process.stdout.write(JSON.stringify(measured));
}

void main();
