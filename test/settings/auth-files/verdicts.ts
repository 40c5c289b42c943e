/**
 * The form of the cases in test/data/vectors/auth, and what we decided about them: where we do not
 * follow the reference implementation, and what we say instead of failing.
 */

export interface ExpectedCredential {
  readonly username?: string;
  readonly password?: string;
  readonly identityToken?: string;
}

export interface HelperCall {
  readonly helper: string;
  readonly action: string;
  readonly stdin: string;
}

export interface Expected {
  readonly credential?: ExpectedCredential;
  readonly none?: true;
  /** A file below the root, or `helper:NAME`. */
  readonly foundIn?: string;
  readonly helperCalls?: readonly HelperCall[];
  readonly error?: { readonly class: string };
}

export interface Case {
  readonly name: string;
  readonly kind: string;
  readonly quirk?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly options?: { readonly authFile?: string; readonly legacyAuthFile?: string };
  readonly reference?: string;
  readonly key?: string;
  readonly expected: Expected;
}

export interface Decision {
  readonly why: string;
  /** What we do instead; absent where we follow. */
  readonly instead?: Expected;
  /** What the report is told; absent for nothing. */
  readonly warning?: RegExp;
}

const FAILS_AMBIENT = "not followed: what is broken on the machine is a warning, the rest counts";
const NO_KEYS = "not followed: keys are made of references, which have no scheme, and no tag here";

/** One line for each case with a quirk, and for each where we differ or say something. */
export const DECISIONS: Readonly<Record<string, Decision>> = {
  "auth-json-case-insensitive-keys": {
    why: "followed: Docker reads its file so, too",
  },
  "helper-dockerhub-v1-url-never": {
    why: "not followed: it is the key that Docker writes, and asks by",
    instead: {
      credential: { username: "hu", password: "hp" },
      foundIn: "home/.docker/config.json",
      helperCalls: [{ helper: "one", action: "get", stdin: "https://index.docker.io/v1/" }],
    },
  },
  "global-helper-with-auth-option": {
    why: "followed, and said: the list of registries.conf is all there is",
    warning: /a\.json, which the option authFile names, is not read: credential-helpers of/,
  },
  "auth-key-url": { why: NO_KEYS, instead: { error: { class: "reference-invalid" } } },
  "auth-key-tag": {
    why: NO_KEYS,
    instead: {
      credential: { username: "ns", password: "2" },
      foundIn: "run/containers/auth.json",
    },
  },
  "auth-base64-unpadded": {
    why: FAILS_AMBIENT,
    instead: { none: true },
    warning: /auth of auths\["registry\.example"\] is not valid base64/,
  },
  "auth-json-invalid": {
    why: FAILS_AMBIENT,
    instead: {
      credential: { username: "d", password: "d" },
      foundIn: "home/.docker/config.json",
    },
    warning: /run\/containers\/auth\.json: it is not valid JSON/,
  },
  "helper-output-not-json": {
    why: FAILS_AMBIENT,
    instead: {
      none: true,
      helperCalls: [{ helper: "one", action: "get", stdin: "registry.example" }],
    },
    warning: /docker-credential-one: its answer is not JSON with Username and Secret/,
  },
  "helper-empty-name": {
    why: FAILS_AMBIENT,
    instead: { none: true },
    warning: /"" is not the name of a helper/,
  },
  "global-helper-error-then-nothing": {
    why: FAILS_AMBIENT,
    instead: {
      none: true,
      helperCalls: [
        { helper: "a", action: "get", stdin: "registry.example" },
        { helper: "b", action: "get", stdin: "registry.example" },
      ],
    },
    warning: /docker-credential-a: it ended with exit code 2/,
  },
  "global-files-error-then-helper": {
    why: "followed, and said: what is broken on the machine is a warning",
    warning: /run\/containers\/auth\.json: it is not valid JSON/,
  },
};
