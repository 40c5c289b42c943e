/**
 * The one table of inputs: what each is called, its type, whether it is secret, whether a change of
 * it is a diff, its flag and its description. Checking, docs and flags come from here. Pure.
 */

import { TAG_MOVES, type OnTagMove } from "../tag-moves";

/** The shape of an input's value. */
export type InputType =
  | { readonly kind: "string" }
  | { readonly kind: "boolean" }
  | { readonly kind: "choice"; readonly values: readonly string[] }
  | { readonly kind: "strings" }
  | { readonly kind: "object"; readonly fields: Readonly<Record<string, InputField>> };

export interface InputField {
  readonly type: InputType;
  readonly description: string;
  readonly secret?: true;
}

/** How the command line takes an input. */
export interface Flag {
  readonly name: string;
  /** What the flag's argument stands for; none for switches. */
  readonly argument?: string;
  /** Shown instead of the input's description. */
  readonly description?: string;
}

export interface InputRow extends InputField {
  /** "what" decides content and is stored; "when" and "how" are neither stored nor a diff. */
  readonly group: "what" | "when" | "how";
  readonly required?: true;
  /** In words, for the docs. */
  readonly default: string;
  readonly flags: readonly Flag[];
}

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
      "The artifact: `registry/repository:tag`, `…@sha256:…`, `…:tag@sha256:…`, or `oci://registry/repository?tag=…`. Without a tag and a digest, `latest`",
  },
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
      "Which manifest of an index: `os/architecture` or `os/architecture/variant`. Without it, an index with several is an error; it is never guessed from the machine",
  },
  onTagMove: {
    group: "when",
    type: { kind: "choice", values: TAG_MOVES },
    default: '`"update"`',
    flags: [{ name: "on-tag-move", argument: "RULE" }],
    description:
      'When the tag points to another digest than the one recorded: `"update"` follows it, `"keep"` stays with the recorded digest until `reference` changes and does not ask for the tag, `"error"` fails. For `tag@digest` the digest always wins: a tag that points elsewhere is a warning, and with `"error"` a failure',
  },
  plainHttp: {
    group: "how",
    type: BOOLEAN,
    default: "`false`",
    flags: [{ name: "plain-http" }],
    description: "Speak plain HTTP to the reference's host. Nothing is encrypted",
  },
  skipTlsVerify: {
    group: "how",
    type: BOOLEAN,
    default: "`false`",
    flags: [{ name: "skip-tls-verify" }],
    description: "Do not check the certificate of the reference's host",
  },
  caCertificates: {
    group: "how",
    type: { kind: "strings" },
    default: "the system's",
    flags: [
      {
        name: "ca-file",
        argument: "FILE",
        description: "PEM file of certificate authorities to trust beside the system's; repeatable",
      },
    ],
    description:
      "Certificate authorities to trust beside the system's, each a PEM text or the path of a PEM file",
  },
  credentials: {
    group: "how",
    secret: true,
    type: {
      kind: "object",
      fields: {
        username: { type: STRING, description: "User name" },
        password: { type: STRING, secret: true, description: "Password or access token" },
        identityToken: {
          type: STRING,
          secret: true,
          description: "OAuth2 refresh token, instead of user name and password",
        },
      },
    },
    default: "Docker's config file and its helpers",
    flags: [
      { name: "username", argument: "NAME", description: "User name for the reference's host" },
      { name: "password-stdin", description: "Read the password from standard input" },
    ],
    description:
      "Login for the reference's host: `{ username, password }` or `{ identityToken }`. Always secret; never stored",
  },
} as const satisfies Readonly<Record<string, InputRow>>;

export type InputName = keyof typeof INPUTS;

/** The table for code that walks it. */
export const INPUT_ROWS: ReadonlyMap<string, InputRow> = new Map(Object.entries(INPUTS));

/** What the inputs are after checking: types hold, unknown names are refused. */
export interface CheckedInputs {
  readonly reference: string;
  readonly digest?: string;
  readonly platform?: string;
  readonly onTagMove?: OnTagMove;
  readonly plainHttp?: boolean;
  readonly skipTlsVerify?: boolean;
  readonly caCertificates?: readonly string[];
  readonly credentials?: {
    readonly username?: string;
    readonly password?: string;
    readonly identityToken?: string;
  };
}

/** The inputs in the table's order, for the tables of the docs. */
export function documentedInputs(): readonly (InputRow & { readonly name: string })[] {
  return [...INPUT_ROWS].map(([name, row]) => ({ name, ...row }));
}
