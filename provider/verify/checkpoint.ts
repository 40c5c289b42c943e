/**
 * The checkpoint of an entry of a transparency log: the log's own signature of what the log holds. The
 * library takes one that any trusted log has signed, under any part of its name, and leaves aside what
 * the entry says of the tree; here it has to be the entry's own log, and nothing may contradict it.
 *
 * Form: https://github.com/C2SP/C2SP/blob/main/signed-note.md and tlog-checkpoint.md beside it
 */
import { verify, type KeyObject } from "node:crypto";
import type { TransparencyLogEntry } from "@sigstore/bundle";
import type { TrustMaterial } from "@sigstore/verify";
import { Rejection } from "./reasons";

type Log = TrustMaterial["tlogs"][number];

/** @throws Rejection where the checkpoint of an entry is not its log's, or not of this tree. */
export function refuseOddCheckpoints(
  entries: readonly TransparencyLogEntry[],
  { tlogs }: TrustMaterial,
): void {
  for (const { inclusionProof, logId, logIndex } of entries) {
    if (inclusionProof?.checkpoint === undefined) continue;
    const logs = tlogs.filter(({ logID }) => logID.equals(logId.keyId));
    const { origin, size, root, text, lines } = parse(inclusionProof.checkpoint.envelope);
    // Rekor v1 adds the number of its tree, and all signatures are its own; later, witnesses sign, too.
    const isFirst = origin.includes(" - ");
    const isSame = size === inclusionProof.treeSize && root.equals(inclusionProof.rootHash);
    if (isFirst && !isSame) throw odd("is of another tree");
    if (!isFirst && logIndex !== inclusionProof.logIndex) throw odd("is of another entry");
    const isGood = logs.some((log) => {
      if (!isFirst && hostOf(log) !== origin) return false;
      const id = log.logID.subarray(0, 4);
      const own = lines.filter(({ name, hint }) => isFirst || (name === origin && hint.equals(id)));
      return own.length > 0 && own.every(({ signature }) => isBy(log.publicKey, text, signature));
    });
    if (!isGood) throw odd("is not signed by the log");
  }
}

interface Line {
  readonly name: string;
  /** The first bytes of the key's identifier. */
  readonly hint: Buffer;
  readonly signature: Buffer;
}

interface Checkpoint {
  readonly origin: string;
  /** Entries of the tree, decimal. */
  readonly size: string;
  readonly root: Buffer;
  /** What is signed. */
  readonly text: Buffer;
  readonly lines: readonly Line[];
}

/** As many as readers of such notes take. */
const MOST_SIGNATURES = 100;

function parse(envelope: string): Checkpoint {
  const [, text = "", signatures = ""] =
    /^((?:[^\n]+\n){3,})\n((?:\u2014 \S+ [A-Za-z0-9+/]+={0,2}\n)+)$/.exec(envelope) ?? [];
  const [origin, size, root] = text.split("\n");
  if (origin === undefined || size === undefined || root === undefined) throw odd("is none");
  if (!/^(?:0|[1-9][0-9]*)$/.test(size)) throw odd("is none");
  const lines = signatures
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [, name = "", base64 = ""] = line.split(" ");
      const bytes = Buffer.from(base64, "base64");
      if (bytes.length < 5) throw odd("is none");
      return { name, hint: bytes.subarray(0, 4), signature: bytes.subarray(4) };
    });
  if (lines.length > MOST_SIGNATURES) throw odd("has too many signatures");
  return { origin, size, root: Buffer.from(root, "base64"), text: Buffer.from(text), lines };
}

function hostOf({ baseURL }: Log): string | undefined {
  return URL.canParse(baseURL) ? new URL(baseURL).hostname : undefined;
}

function isBy(key: KeyObject, text: Buffer, signature: Buffer): boolean {
  try {
    return verify(key.asymmetricKeyType === "ed25519" ? null : "sha256", text, key, signature);
  } catch {
    return false;
  }
}

function odd(fact: string): Rejection {
  return new Rejection("tlog", `the checkpoint of the log entry ${fact}`);
}
