/**
 * What is done while calls fail: commands, what lies there before, and what is content there. It runs
 * nothing, and judges nothing.
 */
import { createHash } from "node:crypto";
import { tarGz } from "../support/archives";
import { MEDIA_TYPES, publish } from "../support/artifacts";
import type { TestRegistry } from "../support/registry-types";
import type { Line, Walk } from "./faulty-runs";

export interface Scenario extends Pick<Walk, "fresh" | "before" | "line" | "seen"> {
  readonly title: string;
  /** Some of what it comes to: path → text. */
  readonly comesTo: Readonly<Record<string, string>>;
  /** What appears or changes as one: the group of a path. Default: the folder that it is seen by. */
  readonly groupOf?: (path: string) => string;
  /** Does what it can, and succeeds. */
  readonly isBestEffort?: boolean;
  /** The file that names all others: where it is as in the end, everything is. */
  readonly last?: string;
}

const OLD = { "a.txt": "old", "dir/b.txt": "b" };
const NEW = { "a.txt": "new", "dir/b.txt": "b", "c.txt": "c" };

/** Four megabytes and more that stay as many in a gzip. */
const LONG = Array.from({ length: 100_000 }, (_, index) =>
  createHash("sha256").update(`${index}`).digest("base64"),
).join("");
const LARGE = { "a.txt": "new", "large/x.txt": LONG, "large/y.txt": LONG.slice(7) };

/** Publishes what they use. */
export function publishContent(registry: TestRegistry): void {
  for (const [tag, files] of Object.entries({ old: OLD, new: NEW, large: LARGE })) {
    publish(registry, "team/app", tag, {
      layers: [{ bytes: tarGz(files), mediaType: MEDIA_TYPES.tarGzip }],
    });
  }
}

/** The scenarios, by a registry at `host`. */
export function scenariosAt(host: string): readonly Scenario[] {
  const reference = (tag: string): string => `${host}/team/app:${tag}`;
  const plain = "--plain-http";
  const pull = (tag: string): Line => ["pull", reference(tag), plain, "--output", "out"];
  const copy = (tag: string): Line => ["copy", reference(tag), `oci-layout://layout:${tag}`, plain];
  const outNew = { "project/out/a.txt": "new", "project/out/dir/b.txt": "b" };
  const pulling = { fresh: ["cache", "project/out"], seen: ["project/out"], comesTo: outNew };
  const areas = ["project/.oci-artifacts", "project/placed"];
  return [
    { title: "a first pull", ...pulling, before: [], line: pull("new") },
    { title: "a pull over another", ...pulling, before: [pull("old")], line: pull("new") },
    {
      title: "a large pull, unpacked by threads while it is fetched",
      ...pulling,
      before: [pull("old")],
      line: pull("large"),
      comesTo: { "project/out/a.txt": "new" },
    },
    {
      title: "a resource and its copy",
      fresh: ["cache", ...areas],
      seen: areas,
      before: [["claim", reference("old")]],
      line: ["claim", reference("new")],
      comesTo: { "project/placed/a.txt": "new" },
      groupOf: treeOf,
    },
    {
      title: "pruning",
      fresh: ["cache", ...areas],
      seen: areas,
      before: [
        ["tree", reference("old")],
        ["claim", reference("new")],
      ],
      line: ["cache", "prune", "--all"],
      isBestEffort: true,
      comesTo: { "project/placed/a.txt": "new" },
      groupOf: treeOf,
    },
    {
      title: "a lock file",
      fresh: ["cache", "project/oci-artifact.lock.json"],
      seen: ["project/oci-artifact.lock.json"],
      before: [["lock", reference("old"), plain]],
      line: ["lock", reference("new"), plain],
      comesTo: {},
    },
    {
      title: "placing what is locked",
      fresh: ["cache", "project/oci-artifact.lock.json", "project/vendor"],
      seen: ["project/vendor/app"],
      before: [["lock", reference("new"), plain, "--output", "vendor/app"]],
      line: ["vendor", plain],
      comesTo: { "project/vendor/app/a.txt": "new" },
    },
    {
      title: "a push",
      fresh: ["cache"],
      seen: [],
      before: [["tree", reference("new")]],
      line: ["push", "source", `${host}/team/pushed-{at}:1`, plain],
      comesTo: {},
    },
    {
      title: "a copy into a layout",
      fresh: ["cache", "project/layout"],
      seen: ["project/layout"],
      before: [copy("old")],
      line: copy("new"),
      comesTo: { "project/layout/oci-layout": '{"imageLayoutVersion":"1.0.0"}' },
      groupOf: (path) => path,
      last: "project/layout/index.json",
    },
    {
      title: "a pull from a layout",
      ...pulling,
      fresh: ["cache", "project/out", "project/layout"],
      before: [copy("new"), pull("old")],
      line: ["pull", "oci-layout://layout:new", "--output", "out"],
    },
  ];
}

/** "project/placed", "project/.oci-artifacts/app-0123456789abcdef". */
function treeOf(path: string): string {
  const depth = path.startsWith("project/.oci-artifacts/") ? 3 : 2;
  return path.split("/").slice(0, depth).join("/");
}
