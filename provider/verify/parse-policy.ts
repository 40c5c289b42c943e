/**
 * From the options of the input `verify` to a policy. It refuses what does not say who has to have
 * signed, and what contradicts itself: all of it at once, by name, and never with a value. Pure.
 */
import type {
  Demands,
  IdentityOptions,
  Matcher,
  PublicKey,
  TrustSource,
  VerifyOptions,
  VerifyPolicy,
  WantedIdentity,
} from "./policy";
import { readPublicKeys } from "./public-keys";
import { compileRegexp, looseEnds } from "./regexp";

/** What is wrong with an option; its value is not in it. */
export interface PolicyProblem {
  /** "verify.identities[0]". */
  readonly name: string;
  readonly fact: string;
  readonly hint: string;
  /** Half of an identity is missing: what the signatures of the content carry tells the other. */
  readonly isHalf?: true;
}

export type ParsedPolicy =
  | {
      readonly ok: true;
      readonly policy: VerifyPolicy;
      /** What is allowed and seldom meant, one line each. */
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly PolicyProblem[] };

/**
 * The policy that the options ask for, or all that is wrong with them. Types are checked before.
 * @param name - What the input is called.
 */
export function parsePolicy(options: VerifyOptions, name = "verify"): ParsedPolicy {
  const keys = (options.keys ?? []).map((text, index) => parseKeys(text, `${name}.keys[${index}]`));
  const identities = (options.identities ?? []).map((identity, index) =>
    parseIdentity(identity, `${name}.identities[${index}]`),
  );
  const problems = [
    ...choiceProblems(options, name),
    ...[...keys, ...identities].flatMap((part) => part.problems),
    ...trustProblems(options, name),
  ];
  if (problems.length > 0) return { ok: false, problems: Object.freeze(problems) };
  const policy = policyOf(
    options,
    keys.flatMap((part) => part.values),
    identities.flatMap((part) => part.values),
  );
  return { ok: true, policy, warnings: identities.flatMap((part) => part.warnings) };
}

interface Part<T> {
  readonly values: readonly T[];
  readonly problems: readonly PolicyProblem[];
  readonly warnings: readonly string[];
}

function refused(name: string, fact: string, hint: string): Part<never> {
  return { values: [], problems: [{ name, fact, hint }], warnings: [] };
}

function choiceProblems({ keys, identities }: VerifyOptions, name: string): PolicyProblem[] {
  const [hasKeys, hasIdentities] = [keys !== undefined, identities !== undefined];
  if (hasKeys !== hasIdentities) {
    const given = hasKeys ? "keys" : "identities";
    const isEmpty = (keys ?? identities ?? []).length === 0;
    const fact = "it is empty, so nobody could have signed";
    return isEmpty ? [{ name: `${name}.${given}`, fact, hint: WHO }] : [];
  }
  const fact = hasKeys
    ? `${name}.keys and ${name}.identities exclude each other: a signature is made with one of them`
    : "it does not say who has to have signed";
  return [{ name, fact, hint: WHO }];
}

const WHO =
  'give keys: ["<PEM of a public key>"], or identities: [{ certificateIdentity: "…", certificateOidcIssuer: "…" }]';

function parseKeys(text: string, name: string): Part<PublicKey> {
  const read = readPublicKeys(text);
  if (read.ok) return { values: read.keys, problems: [], warnings: [] };
  return refused(name, read.problem, "give a public key as PEM, as cosign public-key writes it");
}

function parseIdentity(options: IdentityOptions, name: string): Part<WantedIdentity> {
  const identity = matcherOf(options, "certificateIdentity", name);
  const issuer = matcherOf(options, "certificateOidcIssuer", name);
  const [who] = identity.values;
  const [says] = issuer.values;
  const isWhole = who !== undefined && says !== undefined;
  return {
    values: isWhole ? [Object.freeze({ identity: who, issuer: says })] : [],
    problems: [...identity.problems, ...issuer.problems],
    warnings: [...identity.warnings, ...issuer.warnings],
  };
}

type Half = "certificateIdentity" | "certificateOidcIssuer";

function matcherOf(options: IdentityOptions, half: Half, name: string): Part<Matcher> {
  const exact = options[half];
  const regexp = options[`${half}Regexp`];
  if (exact !== undefined && regexp !== undefined) {
    const fact = `it has ${half} and ${half}Regexp`;
    return refused(name, fact, "give one of them; another one goes into an entry of its own");
  }
  if (regexp !== undefined && regexp !== "") return regexpMatcher(regexp, `${name}.${half}Regexp`);
  if (exact !== undefined && exact !== "") {
    return { values: [Object.freeze({ exact })], problems: [], warnings: [] };
  }
  return { values: [], problems: [{ name, ...MISSING[half], isHalf: true }], warnings: [] };
}

const MISSING = {
  certificateIdentity: {
    fact: "it does not say whose certificate; with an issuer alone, everybody who can log in there could have signed",
    hint: 'add certificateIdentity: "…": a mail address, or the URL of a workflow such as https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1; certificateIdentityRegexp: ".*" admits everybody',
  },
  certificateOidcIssuer: {
    fact: "it does not say who vouches for the identity",
    hint: 'add certificateOidcIssuer: "…": "https://token.actions.githubusercontent.com" for GitHub Actions, "https://gitlab.com" for GitLab; certificateOidcIssuerRegexp takes a pattern',
  },
} as const;

function regexpMatcher(regexp: string, name: string): Part<Matcher> {
  const compiled = compileRegexp(regexp);
  if (!compiled.ok) {
    const hint = "write it as RE2 reads it: https://github.com/google/re2/wiki/Syntax";
    return refused(name, `it is no regular expression (${compiled.problem})`, hint);
  }
  const loose = looseEnds(regexp);
  const warning = `${name} is not anchored at its ${loose ?? ""}: it also matches longer texts that hold a match; write it with ^ and $`;
  return {
    values: [Object.freeze({ regexp })],
    problems: [],
    warnings: loose === undefined ? [] : [warning],
  };
}

function trustProblems(options: VerifyOptions, name: string): readonly PolicyProblem[] {
  const { trustedRoot, tuf } = options;
  if (trustedRoot !== undefined && tuf !== undefined) {
    const fact = `${name}.trustedRoot and ${name}.tuf both say whom to trust`;
    return [{ name, fact, hint: "give one of them" }];
  }
  if (tuf === undefined || isWebUrl(tuf.mirror)) return [];
  const hint = "give the URL of the TUF repository: https://tuf.example";
  return [{ name: `${name}.tuf.mirror`, fact: "it is no URL of http: or https:", hint }];
}

function isWebUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function policyOf(
  options: VerifyOptions,
  keys: readonly PublicKey[],
  identities: readonly WantedIdentity[],
): VerifyPolicy {
  const { ignoreTlog = false, requireTimestamp = false, allowAttestations = false } = options;
  const isKeyed = options.keys !== undefined;
  const needsNothing = isKeyed && ignoreTlog && !requireTimestamp;
  const demands: Demands = {
    trust: Object.freeze(needsNothing ? { kind: "none" } : trustOf(options)),
    ignoreTlog,
    requireTimestamp,
    allowAttestations,
    annotations: Object.freeze({ ...options.annotations }),
  };
  return Object.freeze(
    isKeyed
      ? { kind: "keyed", keys: Object.freeze(keys), ...demands }
      : {
          kind: "keyless",
          identities: Object.freeze(identities),
          ignoreSct: options.ignoreSct ?? false,
          ...demands,
        },
  );
}

function trustOf({ trustedRoot, tuf }: VerifyOptions): TrustSource {
  if (trustedRoot !== undefined) return { kind: "root", text: trustedRoot };
  return tuf === undefined ? { kind: "public" } : { kind: "tuf", ...tuf };
}
