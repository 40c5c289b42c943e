/**
 * The real distribution registry on loopback, without login, with its content in a temporary folder. For
 * what the in-process registry cannot prove about itself; it injects no faults.
 */
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CertificatePair } from "./certificates";
import { ended, endProcesses, spawnOwned } from "./processes";
import { findOrBuild } from "./toolchain";

const READY_WITHIN_MS = 30_000;

/** How it differs from the registry that most tests want. */
export interface DistributionOptions {
  /** Where its folder is made. Default: where the system has temporary ones. */
  readonly directory?: string;
  /** What it shows over HTTPS. Default: it speaks plain HTTP. */
  readonly certificate?: CertificatePair;
}

export interface Distribution {
  /** "127.0.0.1:12345", the registry part of a reference. */
  readonly host: string;
  /** "http://127.0.0.1:12345", or https. */
  readonly url: string;
  /** What the registry printed so far: its access log. */
  readonly log: () => string;
  /** Ends the process and removes its content. */
  readonly stop: () => Promise<void>;
}

/** Starts the registry on a free port, and waits until it answers. */
export async function startDistribution(options: DistributionOptions = {}): Promise<Distribution> {
  const { directory = tmpdir(), certificate } = options;
  const program = await findOrBuild("registry");
  const folder = await mkdtemp(join(directory, "oci-artifact-distribution-"));
  const configuration = join(folder, "registry.json");
  const tls = certificate === undefined ? {} : { tls: await writePair(folder, certificate) };
  await writeFile(configuration, JSON.stringify(configurationOf(join(folder, "content"), tls)));
  const child = spawnOwned(program, ["serve", configuration], {
    cwd: folder,
    environment: { HOME: folder, OTEL_TRACES_EXPORTER: "none" },
    owner: folder,
  });
  const gone = ended(child);
  const stop = async (): Promise<void> => {
    endProcesses(folder);
    await gone;
    await rm(folder, { recursive: true, force: true });
  };
  const output = collected(child);
  try {
    const host = await listening(child, output);
    const scheme = certificate === undefined ? "http" : "https";
    return { host, url: `${scheme}://${host}`, log: output, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** YAML is a superset of JSON. Port 0 lets the system choose. */
function configurationOf(content: string, tls: object): object {
  return {
    version: "0.1",
    log: { level: "info", formatter: "json" },
    storage: { filesystem: { rootdirectory: content }, delete: { enabled: true } },
    http: { addr: "127.0.0.1:0", secret: "of no worth: the content is public", ...tls },
  };
}

async function writePair(folder: string, { cert, key }: CertificatePair): Promise<object> {
  const [certificate, privateKey] = [join(folder, "certificate.pem"), join(folder, "key.pem")];
  await writeFile(certificate, cert);
  await writeFile(privateKey, key, { mode: 0o600 });
  return { certificate, key: privateKey };
}

function collected(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  }
  return () => text;
}

/** The address that the registry says it listens on. */
function listening(child: ChildProcess, output: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (fact: string): void => {
      clearTimeout(timer);
      reject(new Error(`cannot start the registry: ${fact}; it printed\n${output()}`));
    };
    const timer = setTimeout(() => {
      fail(`not ready after ${READY_WITHIN_MS} ms`);
    }, READY_WITHIN_MS);
    const look = (): void => {
      const host = /listening on (127\.0\.0\.1:\d+)/.exec(output())?.[1];
      if (host === undefined) return;
      clearTimeout(timer);
      resolve(host);
    };
    child.stdout?.on("data", look);
    child.stderr?.on("data", look);
    child.once("close", () => {
      fail("it ended");
    });
    child.once("error", (error) => {
      fail(error.message);
    });
  });
}
