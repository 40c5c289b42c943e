/**
 * A TUF repository with one target, the trusted root, served over HTTP on this machine. One key signs
 * everything. Keeps a list of what was asked for.
 *
 * Format: https://theupdateframework.github.io/specification/v1.0.33/
 */
import { createHash, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { CleanUp } from "./registry-for-test";

export interface TufRepository {
  /** Its URL, and the text of its first root: what a user configures. */
  readonly options: { readonly mirror: string; readonly root: string };
  /** Paths that were asked for since the last `take`. */
  take(): readonly string[];
  /** Signs a new state of everything but the root. */
  publish(state: TufState): void;
  /** What is served under a name: "timestamp.json". */
  text(name: string): string;
  /** Serves other bytes under a name: "targets/trusted_root.json". */
  replace(name: string, text: string): void;
  /** Refuses connections from now on. */
  stop(): Promise<void>;
}

export interface TufState {
  readonly trustedRoot: string;
  /** Default: in a day. */
  readonly expires?: Date;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** A repository with a first state; closes with the test. */
export async function tufRepositoryFor(context: CleanUp, first: TufState): Promise<TufRepository> {
  const files = new Map<string, string>();
  let asked: string[] = [];
  const server = createServer((request, response) => {
    const name = (request.url ?? "").slice(1);
    asked.push(name);
    const text = files.get(name);
    response.writeHead(text === undefined ? 404 : 200, { connection: "close" }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  context.after(stop);
  const signer = createSigner();
  const root = signer.root();
  let version = 0;
  const publish = (state: TufState): void => {
    version += 1;
    for (const [name, text] of signer.files(state, version)) files.set(name, text);
  };
  publish(first);
  const { port } = server.address() as AddressInfo;
  return {
    options: { mirror: `http://127.0.0.1:${port}`, root },
    take() {
      const taken = asked;
      asked = [];
      return taken;
    },
    publish,
    text: (name) => files.get(name) ?? "",
    replace: (name, text) => void files.set(name, text),
    stop,
  };
}

interface Signer {
  root(): string;
  files(state: TufState, version: number): readonly (readonly [string, string])[];
}

function createSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("hex");
  const keyid = createHash("sha256").update(raw).digest("hex");
  const signed = (kind: string, expires: Date, version: number, more: object): string => {
    const time = expires.toISOString().replace(/\.\d+/, "");
    const document = { _type: kind, spec_version: "1.0.31", version, expires: time, ...more };
    return envelope(document, keyid, privateKey);
  };
  const key = { keytype: "ed25519", scheme: "ed25519", keyval: { public: raw } };
  const role = { keyids: [keyid], threshold: 1 };
  const later = new Date(Date.now() + DAY_MS);
  return {
    root: () =>
      signed("root", later, 1, {
        consistent_snapshot: false,
        keys: { [keyid]: key },
        roles: { root: role, timestamp: role, snapshot: role, targets: role },
      }),
    files({ trustedRoot, expires = later }, version) {
      const sha256 = createHash("sha256").update(trustedRoot).digest("hex");
      const length = Buffer.byteLength(trustedRoot);
      const target = { "trusted_root.json": { length, hashes: { sha256 } } };
      const meta = (name: string): object => ({ meta: { [name]: { version } } });
      return [
        ["timestamp.json", signed("timestamp", expires, version, meta("snapshot.json"))],
        ["snapshot.json", signed("snapshot", expires, version, meta("targets.json"))],
        ["targets.json", signed("targets", expires, version, { targets: target })],
        ["targets/trusted_root.json", trustedRoot],
      ];
    },
  };
}

function envelope(signed: object, keyid: string, key: KeyObject): string {
  const sig = sign(null, Buffer.from(canonical(signed)), key).toString("hex");
  return JSON.stringify({ signatures: [{ keyid, sig }], signed });
}

/** JSON with sorted names and no spaces; our texts have nothing to escape. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")}}`;
}
