/**
 * The rows of the table of inputs that choose a tag by the version that it names. Pure.
 */
import type { InputRow } from "./input-types";

export const VERSION_INPUTS = {
  semver: {
    group: "what",
    type: { kind: "string" },
    default: "none",
    flags: [{ name: "semver", argument: "RANGE" }],
    description:
      'The highest version in this range, of the repository\'s tags: `"^1.2"`, `">=1.2 <2"`, as Helm, Flux and Argo CD read it. Goes without a tag and a digest in `reference`',
  },
  tagPrefix: {
    group: "what",
    type: { kind: "string" },
    default: "none",
    flags: [{ name: "tag-prefix", argument: "TEXT" }],
    description:
      'With `semver`: what stands before the version in the tags: `"app-"` of `app-1.2.3`. Tags without it do not count',
  },
  semverFilter: {
    group: "what",
    type: { kind: "string" },
    default: "all",
    flags: [{ name: "semver-filter", argument: "PATTERN" }],
    description:
      "With `semver`: a regular expression (RE2) that a tag has to match somewhere: `alpine$`",
  },
  prereleases: {
    group: "what",
    type: { kind: "boolean" },
    default: "`false`",
    flags: [{ name: "prereleases" }],
    description: "With `semver`: whether the range takes prereleases that it does not name",
  },
} as const satisfies Readonly<Record<string, InputRow>>;
