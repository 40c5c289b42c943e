/**
 * The command lines of publishing: push, tag, attach, copy and diff, each with flags of its own from the
 * tables of inputs. Pure: reads no file, prints nothing.
 */
import { parseArgs } from "node:util";
import type { Flag } from "../provider/pulumi/input-types";
import { documentedInputs } from "../provider/pulumi/inputs";
import { nearest } from "../provider/pulumi/nearest";
import { documentedPushInputs } from "../provider/pulumi/push/push-inputs";
import { type FlagValues, type InputRows, problemOfFlags, repeatableFlags } from "./flag-values";
import { problemOfParsing } from "./parsing-problem";

export const PUBLISH_VERBS = ["push", "tag", "attach", "copy", "diff"] as const;

export type PublishVerb = (typeof PUBLISH_VERBS)[number];

/** A command of publishing, as it was given. */
export interface PublishCommand {
  readonly kind: PublishVerb;
  /** What stands behind the verb: as many as the verb takes. */
  readonly words: readonly string[];
  readonly json: boolean;
  readonly flags: FlagValues;
  /** Whose flags they are. */
  readonly rows: InputRows;
}

/** What the verb takes. */
export interface VerbFacts {
  /** For the help, a line each. */
  readonly usage: readonly string[];
  readonly says: readonly string[];
  /** How many words; Infinity for any number. */
  readonly least: number;
  readonly most: number;
  readonly rows: InputRows;
  /** Flags that are no inputs. */
  readonly own: readonly Flag[];
}

const JSON_FLAG: Flag = {
  name: "json",
  description: "Print the result, or the error, as JSON on standard output",
};

const DRY_RUN: Flag = {
  name: "dry-run",
  description: "Print the digest and the files, and push nothing",
};

/** How a registry is written to. */
const TO_PUSH = documentedPushInputs();

const TO_TAG = TO_PUSH.filter(({ name, group }) => group === "how" || name === "immutableTags");

/** How registries are read, mirrors and all; and bounds. */
const TO_READ = documentedInputs().filter(
  ({ name, group }) => group === "how" || name === "limits",
);

const COMPARED = new Set<string>([
  ...["platform", "kind", "mediaTypes", "titles", "layers", "include", "exclude", "subPath"],
  ...["stripComponents", "extract", "allowOverwrite", "allowNameClashes", "allowEmpty", "limits"],
]);

/** Which part of content is compared. */
const TO_COMPARE = documentedInputs().filter(
  ({ name, group }) => (group === "how" || COMPARED.has(name)) && name !== "lockFile",
);

/** What each verb takes. */
export const VERBS: Readonly<Record<PublishVerb, VerbFacts>> = {
  push: {
    usage: ["push SOURCE REF [flags]", "push REF --platform-zip OS/ARCH=FILE… [flags]"],
    says: [
      "push packs a folder or a file, the same bytes each time, and pushes what is missing; tags last.",
    ],
    ...{ least: 1, most: 2, rows: TO_PUSH, own: [DRY_RUN, JSON_FLAG] },
  },
  tag: {
    usage: ["tag REF TAG… [flags]"],
    says: ["tag gives what REF names more tags, in the same repository."],
    ...{ least: 2, most: Infinity, rows: TO_TAG, own: [JSON_FLAG] },
  },
  attach: {
    usage: ["attach SOURCE REF --artifact-type TYPE [flags]"],
    says: ["attach pushes a file or a folder as something that refers to what REF names."],
    ...{ least: 2, most: 2, own: [DRY_RUN, JSON_FLAG] },
    rows: TO_PUSH.filter(({ name }) => name !== "subject" && name !== "platforms"),
  },
  copy: {
    usage: ["copy SOURCE DESTINATION [flags]"],
    says: [
      "copy brings an artifact, with all that refers to it, to another registry or image layout, as it is.",
    ],
    ...{ least: 2, most: 2 },
    rows: [...TO_READ, ...TO_TAG.filter(({ name }) => name === "immutableTags")],
    own: [
      {
        name: "no-referrers",
        description: "Without signatures, SBOMs and whatever else refers to it",
      },
      JSON_FLAG,
    ],
  },
  diff: {
    usage: ["diff A B [--text] [flags]"],
    says: ["diff tells which files differ between two references, or a reference and a folder."],
    ...{ least: 2, most: 2, rows: TO_COMPARE },
    own: [
      { name: "text", description: "Print what differs inside of files that are text" },
      { name: "exit-code", description: "End with the code 3 where anything differs" },
      JSON_FLAG,
    ],
  },
};

/** Whether the word is one of these verbs. */
export function isPublishVerb(word: string | undefined): word is PublishVerb {
  return PUBLISH_VERBS.some((verb) => verb === word);
}

/** The command behind its verb; "help", or what is wrong with it. */
export function parsePublishCommand(
  verb: PublishVerb,
  args: readonly string[],
): PublishCommand | "help" | { readonly problem: string } {
  const { rows, least, most } = VERBS[verb];
  const repeatable = new Set(repeatableFlags(rows));
  const options = Object.fromEntries(
    [...flagsOf(verb), { name: "help" } as Flag].map(({ name, argument }) => [
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
    return { problem: problemOf(verb, error) };
  }
  const flags = parsed.values as FlagValues;
  const words = parsed.positionals;
  if (flags["help"] === true) return "help";
  const problem = problemOfFlags(flags, rows);
  if (problem !== undefined) return { problem };
  if (words.includes("")) {
    return {
      problem: `${verb} was given an empty word, as of a variable that is not set: ${usageOf(verb)}`,
    };
  }
  if (words.length < least) return { problem: `${verb} takes more: ${usageOf(verb)}` };
  if (words.length > most) {
    return { problem: `${verb} takes no "${words[most] ?? ""}": ${usageOf(verb)}` };
  }
  return { kind: verb, words, json: flags["json"] === true, flags, rows };
}

/** The flags of the verb, inputs first, with what the help says of each. */
export function flagsOf(verb: PublishVerb): readonly Flag[] {
  const { rows, own } = VERBS[verb];
  const inputs = rows.flatMap(({ flags, description }) =>
    flags.map((flag) => ({ description, ...flag })),
  );
  return [...inputs, ...own];
}

function usageOf(verb: PublishVerb): string {
  return VERBS[verb].usage.map((line) => `oci-artifact ${line}`).join(", or ");
}

/** Node's own words, and the flag that was meant. */
function problemOf(verb: PublishVerb, error: unknown): string {
  const problem = problemOfParsing(error);
  const unknown = /^Unknown option '--([^']+)'/.exec(problem)?.[1];
  if (unknown === undefined) return problem;
  const guess = nearest(
    unknown,
    flagsOf(verb).map(({ name }) => name),
  );
  const meant = guess === undefined ? "" : `; did you mean --${guess}?`;
  return `${verb} takes no --${unknown}${meant}`;
}
