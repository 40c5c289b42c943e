/**
 * What lies between a program and the registry: a way that takes its time, and mirrors that are gone.
 * Starts the process that plays them, so that it shares no event loop with who measures.
 */
import { join } from "node:path";
import { endProcesses, ended, spawnOwned } from "../test/support/processes";

/** How it differs from a registry next door. */
export interface Network {
  /** Every request is on its way for so long. Connecting takes no time. */
  readonly delayMs?: number;
  /** A mirror before the registry, where nobody listens, or where nobody ever answers. */
  readonly deadMirror?: "refuses" | "silent";
}

/** What a program is told. */
export interface Route {
  /** "127.0.0.1:12345", where the registry is asked. */
  readonly host: string;
  readonly deadMirror: string | undefined;
  readonly stop: () => Promise<void>;
}

/** Port 1 was given to a service that nobody runs. */
const NOBODY = "127.0.0.1:1";

const SERVER = join(__dirname, "network-server.js");

/** @param host - of the registry. @param owner - folder that marks what is started. */
export async function routeTo(host: string, network: Network, owner: string): Promise<Route> {
  const { delayMs = 0, deadMirror } = network;
  const slow = delayMs === 0 ? undefined : await play(["slow", host, String(delayMs)], owner);
  const silent = deadMirror === "silent" ? await play(["silent"], owner) : undefined;
  return {
    host: slow?.host ?? host,
    deadMirror: deadMirror === "refuses" ? NOBODY : silent?.host,
    stop: async () => {
      endProcesses(join(owner, "network"));
      await Promise.all([slow?.gone, silent?.gone]);
    },
  };
}

interface Player {
  readonly host: string;
  readonly gone: Promise<number>;
}

async function play(roles: readonly string[], folder: string): Promise<Player> {
  const owner = join(folder, "network");
  const child = spawnOwned(process.execPath, [SERVER, ...roles], { environment: {}, owner });
  const gone = ended(child);
  const host = await new Promise<string>((resolve, reject) => {
    child.stdout?.setEncoding("utf8").once("data", (line: string) => {
      resolve(line.trim());
    });
    child.once("close", () => {
      reject(new Error(`cannot play the network ${roles.join(" ")}: the process has ended`));
    });
  });
  return { host, gone };
}
