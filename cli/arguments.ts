/**
 * From the command line to a command, with the flags of the one table of inputs. Pure: reads no
 * file, prints nothing.
 */
import { parseArgs } from "node:util";
import { documentedInputs, type Flag } from "../provider/pulumi/inputs";
import { nearest } from "../provider/pulumi/nearest";

export interface PullCommand {
  readonly kind: "pull";
  readonly reference: string;
  readonly output: string;
  readonly json: boolean;
  /** Values of the flags of inputs, by flag name. */
  readonly flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
}

export type Command =
  | PullCommand
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "wrong"; readonly problem: string };

/** Flags of `pull` that are no inputs. */
const OWN_FLAGS: readonly Flag[] = [
  {
    name: "output",
    argument: "DIR",
    description:
      "Folder for the content; made if missing, replaced if it was placed by this command",
  },
  { name: "json", description: "Print the result, or the error, as JSON on standard output" },
  { name: "help", description: "Print this" },
  { name: "version", description: "Print the version" },
];

/** Flags that may be given more than once. */
const REPEATABLE = new Set(["ca-file"]);

/** Every flag with what it says in the help, inputs first. */
export function allFlags(): readonly Flag[] {
  const inputs = documentedInputs().flatMap(({ flags, description }) =>
    flags.map((flag) => ({ description, ...flag })),
  );
  return [...inputs, ...OWN_FLAGS];
}

/** An error's text for a terminal: its hints name inputs, and here those are flags. */
export function withFlags(message: string): string {
  const [hint = "", ...rest] = message.split("\nhint: ").reverse();
  if (rest.length === 0) return message;
  const flagged = documentedInputs().reduce((text, { name, flags }) => {
    const [first] = flags;
    // Names that are no words of their own; "digest" may be just that.
    if (first === undefined || !/[A-Z]/.test(name)) return text;
    return text.replace(new RegExp(`\\b${name}(: true)?(?![\\w.])`, "g"), `--${first.name}`);
  }, hint);
  return [...rest.reverse(), flagged].join("\nhint: ");
}

/** The command that the arguments (without node and the script) ask for. */
export function parseCommand(args: readonly string[]): Command {
  const options = Object.fromEntries(
    allFlags().map(({ name, argument }) => [
      name,
      {
        type: argument === undefined ? ("boolean" as const) : ("string" as const),
        multiple: REPEATABLE.has(name),
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
  return pullCommand(values as PullCommand["flags"], positionals);
}

function pullCommand(flags: PullCommand["flags"], positionals: readonly string[]): Command {
  const [verb, reference, ...more] = positionals;
  if (verb !== "pull") return wrong(`there is no command "${verb ?? ""}"; there is "pull"`);
  if (reference === undefined) return wrong("pull needs a reference");
  if (more.length > 0)
    return wrong(`pull takes one reference, and got "${more.join(" ")}" as well`);
  const { output, json, username } = flags;
  if (typeof output !== "string" || output === "") return wrong("pull needs --output DIR");
  if ((username === undefined) !== (flags["password-stdin"] === undefined)) {
    return wrong("--username and --password-stdin go together");
  }
  return { kind: "pull", reference, output, json: json === true, flags };
}

/** Node's own words, and the flag that was meant. */
function problemOf(error: unknown): string {
  const problem = error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error);
  const mistyped = /^Unknown option '--([^']+)'/.exec(problem)?.[1];
  const names = allFlags().map(({ name }) => name);
  const guess = mistyped === undefined ? undefined : nearest(mistyped, names);
  return guess === undefined ? problem : `${problem}; did you mean --${guess}?`;
}

function wrong(problem: string): Command {
  return { kind: "wrong", problem };
}
