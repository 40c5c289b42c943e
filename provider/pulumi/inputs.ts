/**
 * The one table of inputs: what each is called, its type, whether it is secret, whether a change of
 * it is a diff, its flag and its description. Checking, docs and flags come from here. Pure.
 */
import type { Selection } from "../content/selection";
import type { Limits } from "../limits";
import { TAG_MOVES, type OnTagMove } from "../tag-moves";
import { CONTENT_INPUTS } from "./content-inputs";
import type { InputRow, InputType, NumberType } from "./input-types";

const STRING: InputType = { kind: "string" };
const BOOLEAN: InputType = { kind: "boolean" };

/** Up to a day: timers know no more than some weeks, and nobody waits that long. */
const SECONDS: NumberType = { kind: "number", above: 0, atMost: 86_400 };

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
  ...CONTENT_INPUTS,
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
  insecure: {
    group: "how",
    type: BOOLEAN,
    default: "`false`",
    flags: [{ name: "insecure" }],
    description:
      "As in registries.conf: do not check the certificate of the reference's host, and where no TLS connection can be made with it, speak plain HTTP to it. Credentials then go there unencrypted, with a warning",
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
  clientCertificate: {
    group: "how",
    secret: true,
    type: {
      kind: "object",
      fields: {
        certificate: {
          type: STRING,
          description:
            "Certificate and the authorities between: a PEM text or the path of a PEM file",
        },
        key: {
          type: STRING,
          secret: true,
          description: "Its private key: a PEM text or the path of a PEM file",
        },
        passphrase: { type: STRING, secret: true, description: "Of an encrypted key" },
      },
    },
    default: "none",
    flags: [
      {
        name: "cert-file",
        argument: "FILE",
        field: "certificate",
        description: "PEM file of a client certificate for the reference's host",
      },
      {
        name: "key-file",
        argument: "FILE",
        field: "key",
        description: "PEM file of the client certificate's key",
      },
    ],
    description:
      "Client certificate for the reference's host and port: `{ certificate, key, passphrase }`. Shown to no other server. Always secret; never stored",
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
      {
        name: "username",
        argument: "NAME",
        field: "username",
        description: "User name for the reference's host",
      },
      {
        name: "password-stdin",
        field: "password",
        description: "Read the password from standard input",
      },
    ],
    description:
      "Login for the reference's host: `{ username, password }` or `{ identityToken }`. Always secret; never stored",
  },
  proxy: {
    group: "how",
    secret: true,
    type: STRING,
    default: "`HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`",
    flags: [
      {
        name: "proxy",
        argument: "URL",
        description:
          "Proxy in place of the environment's, or none; for all requests of the reference",
      },
    ],
    description:
      "Proxy for all requests of this reference, those to token services and storage included: `http://user:password@proxy.example:3128`, or `none` for no proxy. `NO_PROXY` has no say in it; this machine itself is never asked through a proxy. Always secret; never stored",
  },
  timeouts: {
    group: "how",
    type: {
      kind: "object",
      fields: {
        connect: {
          type: SECONDS,
          description: "For a connection, its TLS handshake included. Default 10",
        },
        stall: {
          type: SECONDS,
          description: "Without a byte, before an answer or in the middle of one. Default 30",
        },
        total: { type: SECONDS, description: "For the whole pull. Default: no bound" },
      },
    },
    default: "10, 30 and no bound",
    flags: [
      {
        name: "connect-timeout",
        argument: "SECONDS",
        field: "connect",
        description: "For a connection, its TLS handshake included; default 10",
      },
      {
        name: "stall-timeout",
        argument: "SECONDS",
        field: "stall",
        description: "Without a byte of an answer; default 30",
      },
      {
        name: "timeout",
        argument: "SECONDS",
        field: "total",
        description: "For the whole pull; default none",
      },
    ],
    description: "Seconds that may pass: `{ connect, stall, total }`",
  },
} as const satisfies Readonly<Record<string, InputRow>>;

export type InputName = keyof typeof INPUTS;

/** The table for code that walks it. */
export const INPUT_ROWS: ReadonlyMap<string, InputRow> = new Map(Object.entries(INPUTS));

/** What the inputs are after checking: types hold, unknown names are refused. */
export interface CheckedInputs extends Selection {
  readonly reference: string;
  readonly digest?: string;
  readonly platform?: string;
  readonly limits?: Partial<Limits>;
  readonly onTagMove?: OnTagMove;
  readonly plainHttp?: boolean;
  readonly skipTlsVerify?: boolean;
  readonly insecure?: boolean;
  readonly caCertificates?: readonly string[];
  readonly clientCertificate?: {
    readonly certificate: string;
    readonly key: string;
    readonly passphrase?: string;
  };
  readonly credentials?: {
    readonly username?: string;
    readonly password?: string;
    readonly identityToken?: string;
  };
  readonly proxy?: string;
  /** Seconds. */
  readonly timeouts?: {
    readonly connect?: number;
    readonly stall?: number;
    readonly total?: number;
  };
}

/** The inputs in the table's order, for the tables of the docs. */
export function documentedInputs(): readonly (InputRow & { readonly name: string })[] {
  return [...INPUT_ROWS].map(([name, row]) => ({ name, ...row }));
}

/** Without the inputs that say how and when: they are needed now, and stored nowhere. */
export function storedInputs(
  inputs: Readonly<Record<string, unknown>> | CheckedInputs,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(inputs).filter(([name]) => (INPUT_ROWS.get(name)?.group ?? "what") === "what"),
  );
}
