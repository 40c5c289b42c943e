/**
 * Names of drafts beside the small files that they become: short, because they stand at the end of names
 * of any length, and still tell whose they are. Touches no file.
 */
import { createHash, randomBytes } from "node:crypto";
import { ownIdentity, type ProcessIdentity } from "./process-identity";

/** `<file>.<realm>-<pid>-<start time>-<random>` */
const DRAFT = /\.([0-9a-f]{8})-(\d+)-(\d+)-[0-9a-f]{8}$/;

/** As earlier versions named them: `<file>.<pid>-<random>`. They do not tell of which machine. */
const EARLIER = /\.\d+-[0-9a-f]{8}$/;

/** A new name for a draft of the file. */
export function draftPath(path: string): string {
  const { realm, pid, startTime } = ownIdentity();
  return `${path}.${shortRealm(realm)}-${pid}-${startTime}-${randomBytes(4).toString("hex")}`;
}

/** Whether a file is a draft, of a file of this name where one is given. */
export function isDraft(name: string, of?: string): boolean {
  const ending = DRAFT.exec(name) ?? EARLIER.exec(name);
  return ending !== null && (of === undefined || name.slice(0, ending.index) === of);
}

/** Whose draft it is; undefined where its name does not say. Of another machine, the realm is its short form. */
export function draftOwner(name: string): ProcessIdentity | undefined {
  const [, short, pid, startTime] = DRAFT.exec(name) ?? [];
  if (short === undefined || pid === undefined || startTime === undefined) return undefined;
  const { realm } = ownIdentity();
  return { realm: short === shortRealm(realm) ? realm : short, pid: Number(pid), startTime };
}

function shortRealm(realm: string): string {
  return createHash("sha256").update(realm).digest("hex").slice(0, 8);
}
