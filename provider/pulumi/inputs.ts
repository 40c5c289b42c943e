/**
 * The one table of inputs: what each is called, its type, whether it is secret, whether a change of
 * it is a diff, its flag and its description. Checking, docs and flags come from here. Pure.
 */
import type { KindName } from "../content/kinds";
import type { Selection } from "../content/selection";
import type { Limits } from "../limits";
import { LOCAL_CHANGE_RULES, type OnLocalChange } from "../store/placing";
import { TAG_MOVES, type OnTagMove } from "../tag-moves";
import type { VersionOptions } from "../versions/wanted-version";
import { CONTENT_INPUTS } from "./content-inputs";
import type { InputRow, InputType } from "./input-types";
import { KIND_INPUTS } from "./kind-inputs";
import { type ReferrerInput, SOURCE_INPUTS } from "./source-inputs";
import { TRANSPORT_INPUTS } from "./transport-inputs";
import type { TransportInputs } from "./transport-types";
import { VERIFY_INPUTS, type VerifyInput } from "./verify-inputs";
import { VERSION_INPUTS } from "./version-inputs";

const STRING: InputType = { kind: "string" };
const BOOLEAN: InputType = { kind: "boolean" };

export const INPUTS = {
  reference: {
    group: "what",
    type: STRING,
    required: true,
    default: "",
    flags: [],
    description:
      "The artifact: `registry/repository:tag`, `…@sha256:…`, `…:tag@sha256:…`, `oci://registry/repository?tag=…`, or `oci-layout://path:tag` for an image layout on this machine (docs/air-gap.md). Without a tag and a digest, `latest`",
  },
  ...VERSION_INPUTS,
  digest: {
    group: "what",
    type: STRING,
    default: "what the reference resolves to",
    flags: [{ name: "digest", argument: "DIGEST" }],
    description:
      'A pin: exactly this digest is taken, and the tag is not asked for. `ignoreChanges: ["digest"]` freezes a tag the same way',
  },
  platform: {
    group: "what",
    type: STRING,
    default: "the only one there is",
    flags: [{ name: "platform", argument: "OS/ARCH" }],
    description:
      "Which manifest of an index: `os/architecture` or `os/architecture/variant`. Without it, an index with several is an error, except an OpenTofu provider's, of which all are taken; it is never guessed from the machine",
  },
  ...SOURCE_INPUTS,
  ...KIND_INPUTS,
  ...CONTENT_INPUTS,
  onTagMove: {
    group: "when",
    type: { kind: "choice", values: TAG_MOVES },
    default: '`"update"`',
    flags: [{ name: "on-tag-move", argument: "RULE" }],
    description:
      'When the tag points to another digest than the one recorded: `"update"` follows it, `"keep"` stays with the recorded digest until `reference` or `semver` changes and does not ask for the tag, `"error"` fails. For `tag@digest` the digest always wins: a tag that points elsewhere is a warning, and with `"error"` a failure',
  },
  destination: {
    group: "what",
    type: STRING,
    default: "none",
    flags: [
      {
        name: "output",
        argument: "DIR",
        description:
          "Folder for the content; made if missing. Files in it that were not placed by this command stay",
      },
    ],
    description:
      "One more copy of the content, at this folder: relative to the program's directory, or absolute. Only what was placed there is ever replaced or removed; other files in it stay. Where it lies is the output `placedAt`",
  },
  onLocalChange: {
    group: "when",
    type: { kind: "choice", values: LOCAL_CHANGE_RULES },
    default: '`"restore"`',
    flags: [
      {
        name: "on-local-change",
        argument: "RULE",
        description:
          "When placed files were edited or removed since: error (default), restore or keep",
      },
    ],
    description:
      'When files of `destination` were edited or removed since they were placed: `"restore"` brings them back, shown as an update; `"keep"` leaves them as they are, also when other content comes; `"error"` fails and names them',
  },
  pullOnPreview: {
    group: "when",
    type: BOOLEAN,
    default: "`true`",
    flags: [],
    description:
      "Whether a preview pulls new content. With `false` it asks for the digest only, and the outputs that need the content (`path`, `files`, `size` …) are unknown until the update",
  },
  ...VERIFY_INPUTS,
  ...TRANSPORT_INPUTS,
} as const satisfies Readonly<Record<string, InputRow>>;

export type InputName = keyof typeof INPUTS;

/** The table for code that walks it. */
export const INPUT_ROWS: ReadonlyMap<string, InputRow> = new Map(Object.entries(INPUTS));

/** What the inputs are after checking: types hold, unknown names are refused. */
export interface CheckedInputs extends Omit<Selection, "kind">, TransportInputs, VersionOptions {
  readonly reference: string;
  readonly kind?: KindName;
  readonly referrer?: ReferrerInput;
  /** Relative to the program's directory. */
  readonly lockFile?: string;
  readonly digest?: string;
  readonly platform?: string;
  readonly limits?: Partial<Limits>;
  readonly onTagMove?: OnTagMove;
  readonly destination?: string;
  readonly onLocalChange?: OnLocalChange;
  readonly pullOnPreview?: boolean;
  readonly verify?: VerifyInput;
}

type DocumentedInput = InputRow & { readonly name: string };

let documented: readonly DocumentedInput[] | undefined;

/** The inputs in the table's order, for flags and the tables of the docs; always the same list. */
export function documentedInputs(): readonly DocumentedInput[] {
  return (documented ??= [...INPUT_ROWS].map(([name, row]) => ({ name, ...row })));
}

/** Without the inputs that say how and when: they are needed now, and stored nowhere. */
export function storedInputs(
  inputs: Readonly<Record<string, unknown>> | CheckedInputs,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(inputs).filter(([name]) => (INPUT_ROWS.get(name)?.group ?? "what") === "what"),
  );
}
