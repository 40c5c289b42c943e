/**
 * Errors of the road name inputs; on a terminal those are flags. Rewrites texts, and knows nothing of
 * what they are about. Pure.
 */
import type { Flag, InputRow } from "../provider/pulumi/input-types";
import { documentedInputs, INPUT_ROWS } from "../provider/pulumi/inputs";
import { documentedPushInputs } from "../provider/pulumi/push/push-inputs";

/** What paths are relative to, where there is a program. */
const OF_PROGRAMS = "relative to the program's directory";

/**
 * An error's message for a terminal: what it calls inputs are flags here. Words that may be just
 * that ("digest", "proxy") stay, except where they are called inputs.
 */
export function withFlags(message: string): string {
  const lines = message.split("\n").map((line) => {
    const [, start, hint] = /^(\s*hint: )(.*)$/s.exec(line) ?? [];
    return start === undefined ? fieldsAsFlags(line) : `${start}${hintWithFlags(hint ?? "")}`;
  });
  return lines.join("\n");
}

/** A hint alone, likewise; in hints, names like `plainHttp` are inputs, and others with a value. */
export function hintWithFlags(hint: string): string {
  const inputs = knownInputs();
  const withInputs = inputs.reduce(
    (text, { name, flags: [flag] }) => {
      if (flag === undefined) return text;
      if (flag.pairs === true && flag.field === undefined) {
        const pair = new RegExp(`\\b${name}: \\{ "([^"]+)": "([^"]+)" \\}`, "g");
        return text.replace(pair, `--${flag.name} $1=$2`);
      }
      // A word that may be just that is an input where a value stands behind it.
      const isWord = !/[A-Z]/.test(name);
      const named = new RegExp(
        `${NO_FIELD}${name}(?:: (?:true|"([\\w.-]+)"))${isWord ? "" : "?"}(?!\\w|\\.\\w)`,
        "g",
      );
      return text.replace(named, (_, value?: string) =>
        value === undefined ? `--${flag.name}` : `--${flag.name} ${value}`,
      );
    },
    askedFor(fieldsAsFlags(hint)),
  );
  return inputs
    .flatMap(({ flags }) => flags)
    .reduce((text, { name, field }) => {
      const last = field?.split(".").at(-1) ?? "";
      if (!/[A-Z]/.test(last)) return text;
      const named = new RegExp(`(?<![\\w.])${last}(?:(: )(?=")|(?![\\w.]))`, "g");
      return text.replace(
        named,
        (_, value?: string) => `--${name}${value === undefined ? "" : " "}`,
      );
    }, withInputs);
}

/** The two that go together, wherever they are named so. */
const BOTH = /\binclude and exclude\b/g;

/** What stands in a file of `--mirrors` or `--registries` is a field, and has no flag. */
const NO_FIELD = String.raw`(?<![\w"]|[\w\]]\.)`;

/** What a hint says in front of an input that it asks for, though its name may be a word. */
const ASKING = "set|give|correct|drop|remove|leave out|by the option";

/** Inputs that are meant behind "by" and "in", too. */
const ALWAYS_MEANT: ReadonlySet<string> = new Set(["include", "exclude", "mirrors", "proxy"]);

/** Inputs that a hint asks for by names that may be words, `set platform to …`; not with a value behind. */
function askedFor(hint: string): string {
  return knownInputs().reduce((text, input) => {
    const flags = flagsInPlace(input);
    const before = ALWAYS_MEANT.has(input.name) ? `${ASKING}|by|in` : ASKING;
    const asked = new RegExp(`(?<=\\b(?:${before}) )${input.name}(?!\\w|: |\\.\\w|[[/-])`, "g");
    return flags === undefined ? text : text.replace(asked, flags);
  }, hint);
}

/** The flags to give for an input: of a login or a certificate, the two that go together. */
function flagsInPlace({ flags }: Pick<InputRow, "flags">): string | undefined {
  const own = flags.filter(({ field }) => field === undefined);
  const [first, second] = own.length === 0 ? flags : own.slice(0, 1);
  if (first === undefined || first.pairs === true) return undefined;
  return second === undefined ? `--${first.name}` : `--${first.name} and --${second.name}`;
}

/** Of pulling, and those that publishing has beside them. */
function knownInputs(): readonly (InputRow & { readonly name: string })[] {
  return [
    ...documentedInputs(),
    ...documentedPushInputs().filter(({ name }) => !INPUT_ROWS.has(name)),
  ];
}

/** What can be nothing but an input: `input "digest"`, `caCertificates[0]`, `timeouts.total`. */
function fieldsAsFlags(text: string): string {
  const inFlags = knownInputs().flatMap(namesOf);
  return [...inFlags, ...CHOOSING.map(chosenBy)]
    .reduce(
      (whole, [name, flag]) => whole.replace(name, flag),
      text.replace(BOTH, "--include and --exclude"),
    )
    .replaceAll(OF_PROGRAMS, "relative to the working directory");
}

/** Inputs that choose, and how facts tell what came of them: `include leaves 0`, `fits semver "^9"`. */
const CHOOSING = [
  ["semver", "semver", '"'],
  ["subPath", "sub-path", '"'],
  ["stripComponents", "strip-components", "\\d+ leaves"],
  ["include", "include", "leaves"],
  ["exclude", "exclude", "leaves|select|choose"],
  ["mediaTypes", "media-type", "matches none"],
  ["titles", "title", "matches none"],
  ["layers", "layer", "matches none"],
] as const;

function chosenBy([name, flag, behind]: (typeof CHOOSING)[number]): [RegExp, string] {
  return [new RegExp(`(?<![\\w./-])${name}(?= (?:${behind}))`, "g"), `--${flag}`];
}

/** How errors name an input, its fields and its items, each with the flag in its place. */
function namesOf({ name, type, flags }: InputRow & { readonly name: string }): [RegExp, string][] {
  const [first] = flags;
  if (first === undefined) return [];
  if (first.negates === true) return [[new RegExp(`\\b${name}: false\\b`, "g"), `--${first.name}`]];
  const fields = type.kind === "object" ? Object.keys(type.fields).join("|") : "";
  const own = flags.filter((flag) => flag.field === undefined);
  const names = (own.length === 0 ? flags : own).map((flag) => `--${flag.name}`);
  // Not by Intl.ListFormat, which costs more than the rest of the start.
  const all = names.join(", ").replace(/, (?=[^,]*$)/, " and ");
  const parts = flags.flatMap((flag): [string, string][] => {
    if (flag.pairs === true && flag.field === undefined)
      return [[`${name}\\.(${fields})`, `--${flag.name} $1=…`]];
    return flag.field === undefined ? [] : [[fieldName(name, flag.field), `--${flag.name}`]];
  });
  const bare = [...parts, ...groupsOf(name, flags), [`${name}\\[\\d+\\]`, all] as const];
  return [
    ...[...bare, [name, all] as const].map(quoted),
    // Not where it is a piece of a path or of a host.
    ...bare.map(([part, flag]): [RegExp, string] => [
      new RegExp(`(?<![\\w./-])${part}(?![\\w/-]|\\.\\w)`, "g"),
      flag,
    ]),
  ];
}

/** Fields that are objects themselves, each with the first of its flags: `verify.identities`, `verify.tuf`. */
function groupsOf(name: string, flags: readonly Flag[]): readonly (readonly [string, string])[] {
  const groups = new Map<string, string>();
  for (const { field, name: flag } of flags) {
    const [group, ...rest] = field?.split(".") ?? [];
    if (group === undefined || rest.length === 0 || groups.has(group)) continue;
    groups.set(group, `--${flag}`);
  }
  // Of a list, the flags make the first object; others come of a file.
  return [...groups].map(
    ([group, flag]) => [`${name}\\.${group}(?:\\[0\\])?(?!\\[)`, flag] as const,
  );
}

/** As errors name a field: `verify\.identities\[0\]\.certificateIdentity`, as a pattern. */
function fieldName(name: string, field: string): string {
  const path = field
    .split(".")
    .map((part) => (/^\d+$/.test(part) ? `\\[${part}\\]` : `\\.${part}`));
  return `${name}${path.join("")}(?:\\[\\d+\\])?`;
}

function quoted([name, flag]: readonly [string, string]): [RegExp, string] {
  return [new RegExp(`(?:the )?input "${name}"`, "g"), flag];
}
