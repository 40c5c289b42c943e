/**
 * The form of the cases in test/data/registries-conf, and what we decided about them: where we do not
 * follow the reference implementation, and how our errors say what its error classes mean.
 */

export interface ExpectedSource {
  readonly reference: string;
  readonly location: string;
  readonly host: string;
  readonly insecure: boolean;
  readonly mirror: boolean;
  readonly namespaceProxy?: string;
}

export interface Attempt {
  readonly reference: string;
  readonly dials: readonly string[];
  readonly blockedBy?: string;
}

export interface Expected {
  readonly matchedPrefix?: string;
  readonly sources?: readonly ExpectedSource[];
  readonly attempts?: readonly Attempt[];
  readonly tableBlocked?: boolean;
  readonly blocked?: boolean;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly candidates?: readonly string[];
  readonly origin?: string;
  readonly error?: { readonly class: string };
}

export interface Case {
  readonly name: string;
  readonly kind: string;
  readonly quirk?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly options?: { readonly registriesConf?: string; readonly tlsVerify?: boolean };
  readonly reference?: string;
  readonly expected: Expected;
}

/** The verdict of an origin alone: over HTTPS, and in no table where there is no prefix. */
function origin(reference: string, host: string, prefix?: string, location = reference): Expected {
  return {
    ...(prefix === undefined ? {} : { matchedPrefix: prefix }),
    sources: [{ reference, location, host, insecure: false, mirror: false }],
    attempts: [{ reference, dials: [`https://${host}`] }],
  };
}

export interface Decision {
  readonly why: string;
  /** What we do instead; absent where we follow. */
  readonly instead?: Expected;
}

const DIGEST = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/** One line for each case with a quirk, and for each where we differ on purpose. */
export const DECISIONS: Readonly<Record<string, Decision>> = {
  "prefix-without-port-matches-ref-with-port": {
    why: "followed: people write localhost for all its ports",
  },
  "blocked-port": { why: "followed: who blocks a host means all of its ports" },
  "wildcard-tie-with-exact": {
    why: "not followed: who names a host in full means it, and the order of sorting is an accident",
    instead: origin("exact.example/image:1", "exact.example", "a.example.com", "exact.example"),
  },
  "wildcard-first-occurrence-only": {
    why: "not followed: a wildcard stands for all hosts that end so, also where it blocks them",
    instead: origin(
      "internal.example/image:1",
      "internal.example",
      "*.example.com",
      "internal.example",
    ),
  },
  "search-ipv6": {
    why: "not followed: our grammar of references has IPv6 hosts",
    instead: origin("example.com/image:1", "example.com"),
  },
  "tag-and-digest-pull": {
    why: "not followed: the digest counts, as in Docker",
    instead: origin(
      `internal.example/foo/image:1@${DIGEST}`,
      "internal.example",
      "example.com",
      "internal.example",
    ),
  },
  "tls-verify-false-everywhere": {
    why: "not followed: a switch of the pull opens the reference's own host and no mirror",
    instead: {
      matchedPrefix: "example.com",
      sources: [
        {
          reference: "mirror.example/image:1",
          location: "mirror.example",
          host: "mirror.example",
          insecure: false,
          mirror: true,
        },
        {
          reference: "example.com/image:1",
          location: "example.com",
          host: "example.com",
          insecure: false,
          mirror: false,
        },
      ],
      attempts: [
        { reference: "mirror.example/image:1", dials: ["https://mirror.example"] },
        {
          reference: "example.com/image:1",
          dials: ["https://example.com", "http://example.com"],
        },
      ],
    },
  },
};

/** What our errors say for each class of the verdicts. */
export const CLASSES: Readonly<Record<string, RegExp>> = {
  "alias-invalid": /alias ".*" of \[aliases\]: /,
  "conflict-blocked": /: blocked is true, and false in \[\[registry\]\] 1 /,
  "conflict-insecure": /: insecure is true, and false in \[\[registry\]\] 1 /,
  "file-missing": /there is no such file/,
  "location-and-prefix-unset": /it has neither location nor prefix/,
  "location-scheme": /begins with "https?:\/\/"/,
  "location-unset": /it has a prefix and no location/,
  "mirror-location-unset": /\[\[registry\.mirror\]\] .*: it has no location/,
  "not-a-file": /it is (a|no) directory/,
  "pull-from-mirror-conflict": /contradicts mirror-by-digest-only/,
  "pull-from-mirror-on-registry": /pull-from-mirror is not a key of registries/,
  "pull-from-mirror-value": /pull-from-mirror is ".*"/,
  "reference-invalid": /has upper-case letters/,
  "rewrite-invalid":
    /makes ".*": (.*(host|component) ".*" (contains|has upper-case)|it (begins with a scheme|holds a user))/,
  "rewrite-not-canonical": /makes ".*": .*(namespace|another name|has no repository)/,
  "search-registry-invalid": /unqualified-search-registries: its entry ".*" is no registry/,
  "short-name-mode-invalid": /short-name-mode is ".*"/,
  "short-name-unresolved": /it names no registry/,
  toml: /line \d+, column \d+: |\w is (a|1|true)\b|is not a key of version 2/,
  "v1-format": /is of version 1/,
  "wildcard-format": /is a wildcard with more than a host/,
};
