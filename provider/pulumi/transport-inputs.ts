/**
 * The rows of the table of inputs that say how a registry is reached: for the reference's own host,
 * and for others by name. Pure.
 */
import type { InputRow, InputType, NumberType } from "./input-types";

const STRING: InputType = { kind: "string" };
const BOOLEAN: InputType = { kind: "boolean" };

/** Up to a day: timers know no more than some weeks, and nobody waits that long. */
const SECONDS: NumberType = { kind: "number", above: 0, atMost: 86_400 };

/** How one host is reached. */
const HOST_INPUTS = {
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
      {
        name: "passphrase-file",
        argument: "FILE",
        field: "passphrase",
        file: "text",
        description: "File that holds the passphrase of an encrypted key",
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
    default: "the auth files and helpers of this machine",
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
      {
        name: "identity-token-file",
        argument: "FILE",
        field: "identityToken",
        file: "text",
        description: "File that holds an OAuth2 refresh token, instead of user name and password",
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
    description:
      "Seconds that may pass: `{ connect, stall, total }`. The first two hold for mirrors, too",
  },
} as const satisfies Readonly<Record<string, InputRow>>;

/** Of the reference's own registry. */
const REGISTRY_INPUTS = {
  ...HOST_INPUTS,
  mirrors: {
    group: "how",
    secret: true,
    type: {
      kind: "mirrors",
      fields: {
        location: {
          type: STRING,
          description:
            "What stands in the place of the reference's registry: `registry.corp.example:5000/ghcr`",
        },
        pullFromMirror: {
          type: { kind: "choice", values: ["all", "digest-only", "tag-only"] },
          description:
            'Which references it serves: `"all"` (default), `"digest-only"` or `"tag-only"`',
        },
        plainHttp: HOST_INPUTS.plainHttp,
        skipTlsVerify: HOST_INPUTS.skipTlsVerify,
        insecure: HOST_INPUTS.insecure,
        credentials: HOST_INPUTS.credentials,
        caCertificates: HOST_INPUTS.caCertificates,
        clientCertificate: HOST_INPUTS.clientCertificate,
      },
    },
    default: "those of registries.conf",
    flags: [
      {
        name: "mirror",
        argument: "LOCATION",
        repeatable: true,
        description:
          "Place to ask before the reference's registry, host[:port][/path]; repeatable, asked in order",
      },
      {
        name: "mirrors",
        argument: "FILE",
        file: "json",
        description:
          'JSON file with mirrors and how each is reached: [{"location": "registry.corp.example/ghcr", "plainHttp": true}]',
      },
    ],
    description:
      "Places to ask before the reference's registry, in order: each a location (`registry.corp.example:5000/ghcr`, which stands in the place of the registry's name), or `{ location, pullFromMirror, plainHttp, skipTlsVerify, insecure, credentials, caCertificates, clientCertificate }`. Those of registries.conf come behind them. Always secret; never stored",
  },
  fallback: {
    group: "how",
    type: BOOLEAN,
    default: "`true`",
    flags: [
      {
        name: "no-fallback",
        negates: true,
        description: "Ask the mirrors only, and never the reference's own registry",
      },
    ],
    description:
      "Whether the reference's own registry is asked where no mirror serves. With `false`, without a mirror nothing can be pulled",
  },
} as const satisfies Readonly<Record<string, InputRow>>;

/** The table's rows: those of the reference's own registry, and the same for any by its name. */
export const TRANSPORT_INPUTS = {
  ...REGISTRY_INPUTS,
  registries: {
    group: "how",
    secret: true,
    type: { kind: "registries", fields: REGISTRY_INPUTS },
    default: "the stack configuration `oci-artifact:registries`",
    flags: [
      {
        name: "registries",
        argument: "FILE",
        file: "json",
        description:
          'JSON file with options by registry: {"registry.corp.example:5000": {"plainHttp": true}}',
      },
    ],
    description:
      'The same options for registries by their names, mirrors included: `{ "registry.corp.example:5000": { plainHttp: true } }`. An option given beside it wins for the reference\'s own registry, and one given here wins over the stack configuration. Always secret; never stored',
  },
  registriesConf: {
    group: "how",
    type: STRING,
    default: "as podman and skopeo find it",
    flags: [{ name: "registries-conf", argument: "FILE" }],
    description:
      "The registries.conf to use, relative to the program's directory: mirrors, blocked registries, short names (docs/mirrors.md). Its drop-in directories count as well",
  },
  authFile: {
    group: "how",
    type: STRING,
    default: "as podman and Docker find theirs",
    flags: [{ name: "auth-file", argument: "FILE" }],
    description:
      "The one auth.json or Docker config file to take credentials from, relative to the program's directory (docs/credentials.md). Without it: `REGISTRY_AUTH_FILE`, `DOCKER_AUTH_CONFIG`, the files of containers tools, Docker's",
  },
} as const satisfies Readonly<Record<string, InputRow>>;
