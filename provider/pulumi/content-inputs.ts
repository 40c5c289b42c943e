/**
 * The rows of the table of inputs that choose content, and bound it. Pure.
 */
import { EXTRACT_RULES } from "../content/selection";
import { LIMITS, limitText } from "../limits";
import type { InputField, InputRow, NumberType } from "./input-types";

const LIMIT: NumberType = { kind: "number", above: 0, whole: true };

/** One for each limit of the table. */
const LIMIT_FIELDS: Readonly<Record<string, InputField>> = Object.fromEntries(
  Object.entries(LIMITS).map(([name, row]) => [
    name,
    { type: LIMIT, description: `${capitalized(row.description)}. Default ${limitText(row)}` },
  ]),
);

export const CONTENT_INPUTS = {
  mediaTypes: {
    group: "what",
    type: { kind: "strings" },
    default: "all",
    flags: [
      {
        name: "media-type",
        argument: "TYPE",
        description: "Only layers of this media type; repeatable",
      },
    ],
    description:
      "Only layers of these media types. Where `titles` or `layers` are given too, a layer has to satisfy all of them",
  },
  titles: {
    group: "what",
    type: { kind: "strings" },
    default: "all",
    flags: [
      { name: "title", argument: "TITLE", description: "Only layers of this title; repeatable" },
    ],
    description: "Only layers with these titles (`org.opencontainers.image.title`)",
  },
  layers: {
    group: "what",
    type: { kind: "numbers" },
    default: "all",
    flags: [
      {
        name: "layer",
        argument: "INDEX",
        description: "Only the layer at this position, from 0, as inspect shows it; repeatable",
      },
    ],
    description: "Only the layers at these positions in the manifest, from 0",
  },
  extract: {
    group: "what",
    type: { kind: "choice", values: EXTRACT_RULES },
    default: '`"auto"`',
    flags: [{ name: "extract", argument: "RULE" }],
    description:
      'What is unpacked: `"auto"` unpacks layers without a title and those that are marked as packed folders; `"always"` unpacks titled archives too, at the root; `"never"` keeps every layer as a file, named by its title, or `blob-0.tar.gz` by its position and media type',
  },
  stripComponents: {
    group: "what",
    type: { kind: "number", above: -1, atMost: 100, whole: true },
    default: "0",
    flags: [{ name: "strip-components", argument: "COUNT" }],
    description: "So many leading folders are taken off every path; what has no more is left out",
  },
  subPath: {
    group: "what",
    type: { kind: "string" },
    default: "all",
    flags: [
      {
        name: "sub-path",
        argument: "FOLDER",
        description:
          "Only this folder of the content, which becomes its root; it is looked for behind --strip-components. A //folder in the reference is another thing: it places all of the content",
      },
    ],
    description:
      "Only this folder of the content, which becomes its root. It is looked for behind `stripComponents`. A `//folder` in the reference is another thing: it leaves the content as it is, and `path` leads into it",
  },
  include: {
    group: "what",
    type: { kind: "strings" },
    default: "all",
    flags: [
      {
        name: "include",
        argument: "GLOB",
        description: "Only what this glob matches, as in charts/**; repeatable",
      },
    ],
    description:
      "Only files and links that one of these globs matches: `*.yaml` at the root, `**/*.yaml` everywhere, `charts/**` all in a folder. Paths are those behind `stripComponents` and `subPath`; names with a leading dot match too",
  },
  exclude: {
    group: "what",
    type: { kind: "strings" },
    default: "none",
    flags: [
      {
        name: "exclude",
        argument: "GLOB",
        description: "Not what this glob matches, whatever --include says; repeatable",
      },
    ],
    description:
      "Not what one of these globs matches, whatever `include` says. Folders that have nothing left go, too",
  },
  allowOverwrite: {
    group: "what",
    type: { kind: "boolean" },
    default: "`false`",
    flags: [{ name: "allow-overwrite" }],
    description:
      "Where two layers have the same path, the later one wins, as in an image; otherwise that is an error",
  },
  allowNameClashes: {
    group: "what",
    type: { kind: "boolean" },
    default: "`false`",
    flags: [{ name: "allow-name-clashes" }],
    description:
      "Names that differ only in case or Unicode form stay side by side; otherwise they are an error. On a file system that takes them for one (macOS, Windows) they are an error all the same",
  },
  allowEmpty: {
    group: "what",
    type: { kind: "boolean" },
    default: "`false`",
    flags: [{ name: "allow-empty" }],
    description:
      "Content without any file, or a selection that leaves none, is an empty folder; otherwise it is an error",
  },
  limits: {
    group: "how",
    type: { kind: "object", fields: LIMIT_FIELDS },
    default: "the limits below",
    flags: [
      {
        name: "limit",
        argument: "NAME=VALUE",
        pairs: true,
        description: "Another bound than the default, such as entries=500000; repeatable",
      },
    ],
    description:
      "Other bounds than the defaults, for this artifact: whole numbers, in bytes for sizes",
  },
} as const satisfies Readonly<Record<string, InputRow>>;

function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
