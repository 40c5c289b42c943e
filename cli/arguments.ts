/**
 * From the command line to a command, with the flags of the one table of inputs. Pure: reads no
 * file, prints nothing.
 */
import { parseArgs } from "node:util";
import type { Flag } from "../provider/pulumi/input-types";
import { documentedInputs } from "../provider/pulumi/inputs";
import { nearest } from "../provider/pulumi/nearest";
import { inputsOf, problemOfFlags, repeatableFlags, type FlagValues } from "./flag-values";
import { problemOfParsing } from "./parsing-problem";
import { isPublishVerb, PUBLISH_VERBS } from "./publish-arguments";
import {
  LOCK_FLAGS,
  lockFileCommand,
  withFrozen,
  type LockCommand,
  type VendorCommand,
} from "./lock-arguments";

interface RoadCommand {
  readonly json: boolean;
  readonly flags: FlagValues;
}

export interface PullCommand extends RoadCommand {
  readonly kind: "pull";
  readonly reference: string;
  readonly output: string;
}

export interface PullListCommand extends RoadCommand {
  readonly kind: "pull-list";
  /** Name of the list; "-" is standard input. */
  readonly file: string;
}

export interface InspectCommand extends RoadCommand {
  readonly kind: "inspect";
  readonly reference: string;
}

/** `inspect --endpoints`. */
export interface ExplainCommand extends RoadCommand {
  readonly kind: "explain";
  readonly reference: string;
  /** Whether each endpoint is asked. */
  readonly online: boolean;
}

export interface VerifyCommand extends RoadCommand {
  readonly kind: "verify";
  readonly reference: string;
}

/** `tags`: what a range may choose from, or does. */
export interface TagsCommand extends RoadCommand {
  readonly kind: "tags";
  readonly reference: string;
}

export type Command =
  | PullCommand
  | PullListCommand
  | InspectCommand
  | ExplainCommand
  | VerifyCommand
  | TagsCommand
  | LockCommand
  | VendorCommand
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "wrong"; readonly problem: string };

/** Flags that are no inputs. */
const OWN_FLAGS: readonly Flag[] = [
  {
    name: "from-file",
    argument: "FILE",
    description:
      "Pull what FILE lists, or standard input for -: one reference and one folder a line, with a tab between",
  },
  {
    name: "endpoints",
    description:
      "Of inspect: print which places a pull would ask, in order, how, and with which login; asks nobody",
  },
  {
    name: "referrers",
    description:
      "Of inspect: print what refers to the artifact, too: signatures, SBOMs, attestations",
  },
  {
    name: "online",
    description: "With --endpoints: ask each of them for the manifest, and compare the answers",
  },
  ...LOCK_FLAGS,
  { name: "json", description: "Print the result, or the error, as JSON on standard output" },
  { name: "help", description: "Print this" },
  { name: "version", description: "Print the version" },
];

/** What the lines of a list say, each for itself. */
const FLAGS_OF_ONE = ["output", "digest"] as const;

/** What `inspect` alone takes. */
const FLAGS_OF_INSPECT = ["endpoints", "online", "referrers"] as const;

/** Every flag with what it says in the help, inputs first. */
export function allFlags(): readonly Flag[] {
  const inputs = documentedInputs().flatMap(({ flags, description }) =>
    flags.map((flag) => ({ description, ...flag })),
  );
  return [...inputs, ...OWN_FLAGS];
}

/** The command that the arguments (without node and the script) ask for. */
export function parseCommand(args: readonly string[]): Command {
  const repeatable = new Set(repeatableFlags());
  const options = Object.fromEntries(
    allFlags().map(({ name, argument }) => [
      name,
      {
        type: argument === undefined ? ("boolean" as const) : ("string" as const),
        multiple: repeatable.has(name),
      },
    ]),
  );
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    return wrong(problemOf(error));
  }
  const { values, positionals } = parsed;
  if (values["help"] === true || args.length === 0) return { kind: "help" };
  if (values["version"] === true) return { kind: "version" };
  return roadCommand(values as FlagValues, positionals);
}

function roadCommand(given: FlagValues, [verb, ...references]: readonly string[]): Command {
  if (verb === "lock" || verb === "vendor") return lockCommandOf(verb, references, given);
  const flags = withFrozen(verb ?? "", given);
  if (typeof flags === "string") return wrong(flags);
  if (verb !== "pull" && verb !== "inspect" && verb !== "verify" && verb !== "tags") {
    return wrong(noCommand(verb));
  }
  const foreign = FLAGS_OF_INSPECT.find((name) => flags[name] !== undefined);
  if (verb !== "inspect" && foreign !== undefined) return wrong(`${verb} takes no --${foreign}`);
  const file = flags["from-file"];
  if (typeof file === "string") return listCommand(verb, file, references, flags);
  const [reference, ...more] = references;
  if (reference === undefined) return wrong(`${verb} needs a reference`);
  if (more.length > 0) {
    return wrong(`${verb} takes one reference, and got "${more.join(" ")}" as well`);
  }
  const problem =
    (verb === "inspect" ? foreignToInspect(flags) : undefined) ?? problemOfFlags(flags);
  if (problem !== undefined) return wrong(problem);
  const { output } = flags;
  const common = { reference, json: flags["json"] === true, flags };
  if (verb === "inspect") return inspectCommand(common);
  if (verb === "verify") return verifyCommand(common);
  if (verb === "tags") return { kind: verb, ...common };
  if (typeof output !== "string" || output === "") return wrong("pull needs --output DIR");
  return { kind: verb, output, ...common };
}

function noCommand(verb = ""): string {
  if (isPublishVerb(verb)) return `write ${verb} in front of its flags`;
  const others = `${PUBLISH_VERBS.join(", ")} and cache`;
  return `there is no command "${verb}"; there are pull, inspect, verify, tags, lock, vendor, ${others}`;
}

function lockCommandOf(
  verb: "lock" | "vendor",
  references: readonly string[],
  flags: FlagValues,
): Command {
  const command = lockFileCommand(verb, references, flags);
  return typeof command === "string" ? wrong(command) : command;
}

function inspectCommand(common: Omit<InspectCommand, "kind">): Command {
  const { endpoints, online, referrers } = common.flags;
  if (endpoints === true && referrers === true) {
    return wrong("--referrers does not go with --endpoints, which asks nobody for it");
  }
  if (endpoints === true && common.flags["semver"] !== undefined) {
    return wrong("--semver does not go with --endpoints: they are the same for each tag; name one");
  }
  if (endpoints === true) return { kind: "explain", online: online === true, ...common };
  return online === undefined
    ? { kind: "inspect", ...common }
    : wrong("--online needs --endpoints");
}

/** What `inspect` would pass over in silence. */
function foreignToInspect(flags: FlagValues): string | undefined {
  if (flags["output"] !== undefined) return "inspect takes no --output";
  const signed = documentedInputs()
    .flatMap((input) => (input.name === "verify" ? input.flags : []))
    .find(({ name }) => flags[name] !== undefined);
  return signed && `inspect takes no --${signed.name}; verify and pull do`;
}

function verifyCommand(common: Omit<VerifyCommand, "kind">): Command {
  if (common.flags["output"] !== undefined) return wrong("verify takes no --output");
  const { verify } = inputsOf(common.reference, common.flags);
  return verify === undefined
    ? wrong("verify needs --verify-key, --certificate-identity or --verify: who has to have signed")
    : { kind: "verify", ...common };
}

function listCommand(
  verb: "pull" | "inspect" | "verify" | "tags",
  file: string,
  references: readonly string[],
  flags: FlagValues,
): Command {
  if (verb !== "pull") return wrong(`${verb} takes no --from-file`);
  if (file === "") return wrong("--from-file takes a file, or - for standard input");
  if (references.length > 0) {
    return wrong(
      `pull takes a reference or --from-file, and got "${references.join(" ")}" as well`,
    );
  }
  const given = FLAGS_OF_ONE.find((name) => flags[name] !== undefined);
  if (given !== undefined) {
    return wrong(
      `--${given} does not go with --from-file: it is of one artifact, and a line says it`,
    );
  }
  if (file === "-" && flags["password-stdin"] === true) {
    return wrong("--password-stdin and --from-file - both read standard input");
  }
  const problem = problemOfFlags(flags);
  if (problem !== undefined) return wrong(problem);
  return { kind: "pull-list", file, json: flags["json"] === true, flags };
}

/** Node's own words, and the flag that was meant. */
function problemOf(error: unknown): string {
  const problem = problemOfParsing(error);
  const mistyped = /^Unknown option '--([^']+)'/.exec(problem)?.[1];
  const names = allFlags().map(({ name }) => name);
  const guess = mistyped === undefined ? undefined : nearest(mistyped, names);
  return guess === undefined ? problem : `${problem}; did you mean --${guess}?`;
}

function wrong(problem: string): Command {
  return { kind: "wrong", problem };
}
