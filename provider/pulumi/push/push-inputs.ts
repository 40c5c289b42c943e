/**
 * The one table of inputs of publishing: types, secrets, diffs, flags and descriptions, as inputs.ts has
 * them for pulling. How a registry is reached is said by the very same rows. Pure.
 */
import { CONTENT_INPUTS } from "../content-inputs";
import { TRANSPORT_INPUTS } from "../transport-inputs";
import type { InputField, InputRow, InputType } from "../input-types";
import type { Limits } from "../../limits";
import type { TransportInputs } from "../transport-types";

const STRING: InputType = { kind: "string" };
const BOOLEAN: InputType = { kind: "boolean" };

/** What is published, as the tools that consume it want it. */
export const PUSH_KINDS = [
  "files",
  "opentofu-module",
  "opentofu-provider",
  "helm-chart",
  "flux",
  "argocd",
] as const;

export type PushKind = (typeof PUSH_KINDS)[number];

/** What to do about a tag that somebody else has moved or deleted. */
export const DRIFT_RULES = ["restore", "keep", "error"] as const;

export type OnTagDrift = (typeof DRIFT_RULES)[number];

const FILE_FIELDS = {
  path: { type: STRING, description: "The file, or a folder, which becomes one archive" },
  title: { type: STRING, description: "Its name in the artifact, with folders. Default: its own" },
  mediaType: {
    type: STRING,
    description:
      "Default: `application/octet-stream`, of a folder `application/vnd.oci.image.layer.v1.tar+gzip`",
  },
} as const satisfies Readonly<Record<string, InputField>>;

const OWN_ROWS = {
  source: {
    group: "what",
    type: STRING,
    default: "none",
    flags: [],
    description:
      "What is packed: a folder or a file, relative to the program's directory. Or an artifact that there is already, which is copied as it is: a reference with `oci://`, or an image layout with `oci-layout://`",
  },
  sources: {
    group: "what",
    type: { kind: "objects", fields: FILE_FIELDS },
    default: "none",
    flags: [],
    description:
      "In the place of `source`, several files and folders that are one layer each: `{ path, title, mediaType }`",
  },
  platform: {
    group: "what",
    type: STRING,
    default: "all there are",
    flags: [{ name: "platform", argument: "OS/ARCH" }],
    description:
      "Of a `source` that is an index already: only its manifest for this platform, `os/architecture` or `os/architecture/variant`",
  },
  platforms: {
    group: "what",
    type: { kind: "texts" },
    default: "none",
    flags: [
      {
        name: "platform-zip",
        argument: "OS/ARCH=FILE",
        pairs: true,
        description: "Of an OpenTofu provider: the zip for a platform; repeatable",
      },
    ],
    description:
      'In the place of `source`, of an OpenTofu provider: the zip for each platform, by its name: `{ "linux/amd64": "dist/linux.zip" }`',
  },
  reference: {
    group: "what",
    type: STRING,
    required: true,
    default: "",
    flags: [],
    description:
      "Where it goes: `registry/repository:tag`. Without a tag it can be pulled by its digest alone",
  },
  tags: {
    group: "what",
    type: { kind: "strings" },
    default: "none",
    flags: [
      { name: "tag", argument: "TAG", repeatable: true, description: "One more tag; repeatable" },
    ],
    description: "More tags for the same artifact, set after that of `reference`, in this order",
  },
  kind: {
    group: "what",
    type: { kind: "choice", values: PUSH_KINDS },
    default: '`"files"`, with `platforms` `"opentofu-provider"`',
    flags: [{ name: "kind", argument: "KIND" }],
    description:
      'The shape that its consumers want: `"opentofu-module"`, `"opentofu-provider"`, `"helm-chart"`, `"flux"`, `"argocd"`, or `"files"` (docs/publishing.md)',
  },
  alsoArgocd: {
    group: "what",
    type: BOOLEAN,
    default: "`false`",
    flags: [{ name: "also-argocd" }],
    description: "Of an OpenTofu module: one more layer, so that Argo CD takes the same artifact",
  },
  artifactType: {
    group: "what",
    type: STRING,
    default: "that of `kind`",
    flags: [{ name: "artifact-type", argument: "TYPE" }],
    description:
      'With `kind: "files"`: the artifact type of the manifest. Without one, `application/vnd.unknown.artifact.v1`, as ORAS has it',
  },
  layerType: {
    group: "what",
    type: STRING,
    default: "by `kind`",
    flags: [{ name: "layer-type", argument: "TYPE" }],
    description: 'With `kind: "files"` and `source`: the media type of the one layer',
  },
  annotations: {
    group: "what",
    type: { kind: "texts" },
    default: "none",
    flags: [{ name: "annotation", argument: "NAME=VALUE", pairs: true }],
    description: "Annotations of the manifest; they win over those of `git`",
  },
  git: {
    group: "what",
    type: BOOLEAN,
    default: "`false`",
    flags: [{ name: "git" }],
    description:
      "Annotations from the git repository of the source: `org.opencontainers.image.source`, `.revision`, `.version` and `.created`",
  },
  subject: {
    group: "what",
    type: STRING,
    default: "none",
    flags: [{ name: "subject", argument: "REF" }],
    description:
      "The artifact of the same repository that this one refers to: a tag, or `sha256:…`. It is then one of its referrers",
  },
  include: {
    group: "what",
    type: { kind: "strings" },
    default: "all",
    flags: [{ name: "include", argument: "GLOB", repeatable: true }],
    description: "Only files and links of the folder that one of these globs matches",
  },
  exclude: {
    group: "what",
    type: { kind: "strings" },
    default: "none; `.git` is never packed",
    flags: [{ name: "exclude", argument: "GLOB", repeatable: true }],
    description: "Not what one of these globs matches, whatever `include` says",
  },
  immutableTags: {
    group: "when",
    type: BOOLEAN,
    default: "`false`",
    flags: [{ name: "immutable-tags" }],
    description: "A tag that is there and names other content is an error, and never moved",
  },
  onTagDrift: {
    group: "when",
    type: { kind: "choice", values: DRIFT_RULES },
    default: '`"restore"`',
    flags: [],
    description:
      'When somebody else has moved or deleted a tag since: `"restore"` sets it again, shown as an update; `"keep"` leaves it; `"error"` fails',
  },
  deleteOnDestroy: {
    group: "what",
    type: BOOLEAN,
    default: "`false`",
    flags: [],
    description:
      "Whether destroying the resource deletes its tags, where they still name what it has pushed, and the manifest, where no other tag names it",
  },
} as const satisfies Readonly<Record<string, InputRow>>;

/** How a registry is written to: mirrors are for reading only. */
const READING_ONLY: ReadonlySet<string> = new Set(["mirrors", "fallback", "registriesConf"]);

/** The table. */
export const PUSH_ROWS: ReadonlyMap<string, InputRow> = new Map<string, InputRow>([
  ...Object.entries(OWN_ROWS),
  ["limits", CONTENT_INPUTS.limits],
  ...Object.entries(TRANSPORT_INPUTS).filter(([name]) => !READING_ONLY.has(name)),
]);

export type PushInputName = keyof typeof OWN_ROWS;

/** The inputs in the table's order, for the tables of the docs. */
export function documentedPushInputs(): readonly (InputRow & { readonly name: string })[] {
  return [...PUSH_ROWS].map(([name, row]) => ({ name, ...row }));
}

/** Without the inputs that say how and when: they are needed now, and stored nowhere. */
export function storedPushInputs(
  inputs: Readonly<Record<string, unknown>> | PushInputs,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(inputs).filter(([name]) => (PUSH_ROWS.get(name)?.group ?? "what") === "what"),
  );
}

/** What is one layer. */
export interface PushFile {
  readonly path: string;
  readonly title?: string;
  readonly mediaType?: string;
}

/** The inputs after checking: types hold, unknown names are refused. */
export interface PushInputs extends Omit<
  TransportInputs,
  "mirrors" | "fallback" | "registriesConf"
> {
  readonly source?: string;
  readonly sources?: readonly PushFile[];
  readonly platform?: string;
  readonly platforms?: Readonly<Record<string, string>>;
  readonly reference: string;
  readonly tags?: readonly string[];
  readonly kind?: PushKind;
  readonly alsoArgocd?: boolean;
  readonly artifactType?: string;
  readonly layerType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly git?: boolean;
  readonly subject?: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly immutableTags?: boolean;
  readonly onTagDrift?: OnTagDrift;
  readonly deleteOnDestroy?: boolean;
  readonly limits?: Partial<Limits>;
}
