/**
 * What the command line asks of a lock file: `lock`, `vendor`, and `--frozen` of `pull`. Pure.
 */
import type { Flag } from "../provider/pulumi/input-types";
import { documentedInputs } from "../provider/pulumi/inputs";
import { problemOfFlags, type FlagValues } from "./flag-values";

/** `lock`: adds or renews one entry, or all there are. */
export interface LockCommand {
  readonly kind: "lock";
  /** Default: all entries. */
  readonly reference?: string;
  /** Writes nothing, and fails where something would be written. */
  readonly frozen: boolean;
  /** Takes the entries of the reference out. */
  readonly remove: boolean;
  readonly json: boolean;
  readonly flags: FlagValues;
}

/** `vendor`: places entries. */
export interface VendorCommand {
  readonly kind: "vendor";
  /** None: all entries. */
  readonly references: readonly string[];
  /** Places nothing where `lock --frozen` fails. */
  readonly frozen: boolean;
  readonly json: boolean;
  readonly flags: FlagValues;
}

/** Their own flags, for the help. */
export const LOCK_FLAGS: readonly Flag[] = [
  {
    name: "frozen",
    description:
      "Fail where the lock file is outdated: lock then writes nothing, vendor and pull place nothing",
  },
  { name: "remove", description: "Of lock: take the entries of REF out of the lock file" },
];

/** What a lock file has no use for: its entries say it, or it is of other commands. */
const NOT_OF_LOCK = [
  "digest",
  "from-file",
  "endpoints",
  "online",
  "referrers",
  "on-tag-move",
  "on-local-change",
];
const NOT_OF_VENDOR = ["from-file", "endpoints", "online", "referrers", "on-tag-move", "remove"];

/** The command, or what is wrong with it. */
export function lockFileCommand(
  verb: "lock" | "vendor",
  references: readonly string[],
  flags: FlagValues,
): LockCommand | VendorCommand | string {
  const foreign = (verb === "lock" ? NOT_OF_LOCK : NOT_OF_VENDOR).find(isIn(flags));
  if (foreign !== undefined) return `${verb} takes no --${foreign}`;
  if (flags["lock-file"] === "") return "--lock-file takes the name of a file";
  const common = { frozen: flags["frozen"] === true, json: flags["json"] === true, flags };
  const command =
    verb === "lock" ? lockOf(references, flags, common) : vendorOf(references, flags, common);
  return typeof command === "string" ? command : (problemOfFlags(flags) ?? command);
}

type Common = Pick<VendorCommand, "frozen" | "json" | "flags">;

function lockOf(
  [reference, ...more]: readonly string[],
  flags: FlagValues,
  common: Common,
): LockCommand | string {
  if (more.length > 0) return `lock takes one reference, and got "${more.join(" ")}" as well`;
  const remove = flags["remove"] === true;
  if (remove && common.frozen) return "--remove and --frozen exclude each other";
  if (remove && reference === undefined) return "lock --remove needs a reference";
  const ofOne = flagsOfOne().find(isIn(flags));
  if (ofOne !== undefined && reference === undefined) {
    return `--${ofOne} is of one artifact: name its reference`;
  }
  if (ofOne !== undefined && remove) return `lock --remove takes no --${ofOne}`;
  return { kind: "lock", ...(reference === undefined ? {} : { reference }), remove, ...common };
}

function vendorOf(
  references: readonly string[],
  flags: FlagValues,
  common: Common,
): VendorCommand | string {
  const ofOne = flagsOfOne().find(isIn(flags));
  if (ofOne !== undefined) return `vendor takes no --${ofOne}: the lock file says it of each entry`;
  return { kind: "vendor", references, ...common };
}

/**
 * The flags of another command with what `--frozen` stands for there, or what is wrong with it.
 */
export function withFrozen(verb: string, flags: FlagValues): FlagValues | string {
  if (flags["remove"] !== undefined) return `${verb} takes no --remove`;
  const { frozen, ...others } = flags;
  if (frozen === undefined) return flags;
  if (verb !== "pull") return `${verb} takes no --frozen`;
  if (flags["lock-file"] === undefined) return "--frozen needs --lock-file";
  if (flags["on-tag-move"] !== undefined) return "--frozen and --on-tag-move exclude each other";
  return { ...others, "on-tag-move": "error" };
}

/** Flags that say what is taken of one artifact, and where it goes. */
function flagsOfOne(): readonly string[] {
  return documentedInputs()
    .filter(({ group }) => group === "what")
    .flatMap((input) => input.flags.map(({ name }) => name));
}

function isIn(flags: FlagValues): (name: string) => boolean {
  return (name) => flags[name] !== undefined;
}
