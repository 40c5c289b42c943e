/**
 * A process of its own that places content at a folder where something is mounted, and removes it
 * again. Prints what it saw after each step. Asserts nothing.
 *
 * Argument: a {@link Scenario} as JSON.
 */
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Content } from "./content";
import { NEW, OLD, OWNER, siteAt } from "./destination-for-test";

/** The module itself, whose functions can be replaced. */
const fs = createRequire(__filename)("node:fs") as typeof import("node:fs");

export interface Scenario {
  readonly project: string;
  /** "bind" is a folder of the same device, "tmpfs" one of its own; "stand-in" refuses as both would. */
  readonly mount: "bind" | "tmpfs" | "stand-in";
}

export interface Seen {
  readonly step: string;
  readonly content: Content;
  readonly neighbors: readonly string[];
}

function mountAt(target: string, { project, mount }: Scenario): void {
  if (mount === "stand-in") {
    standIn(target);
  } else if (mount === "tmpfs") {
    execFileSync("mount", ["-t", "tmpfs", "none", target]);
  } else {
    fs.mkdirSync(join(project, "source"));
    execFileSync("mount", ["--bind", join(project, "source"), target]);
  }
}

/** The folder seems to be on a device of its own, and renames are refused as between two. */
function standIn(target: string): void {
  const { lstatSync } = fs;
  Object.assign(fs, {
    lstatSync(path: string, options: object) {
      const stats = lstatSync(path, options) as { dev: number } | undefined;
      return path === target && stats !== undefined
        ? Object.assign(stats, { dev: stats.dev + 1 })
        : stats;
    },
  });
  const { renameSync } = fs;
  const isInside = (path: unknown): boolean => String(path).startsWith(`${target}/`);
  fs.renameSync = (from, to) => {
    const isAcross = isInside(from) !== isInside(to);
    const code = from === target || to === target ? "EBUSY" : isAcross ? "EXDEV" : undefined;
    if (code !== undefined) throw Object.assign(new Error(code), { code });
    renameSync(from, to);
  };
}

async function main(): Promise<void> {
  const scenario = JSON.parse(process.argv[2] ?? "") as Scenario;
  const site = siteAt(scenario.project);
  fs.mkdirSync(site.target, { recursive: true });
  mountAt(site.target, scenario);
  const seen: Seen[] = [];
  const note = (step: string): void => {
    seen.push({ step, content: site.content(), neighbors: site.neighbors() });
  };
  await site.place(OLD);
  note("into an empty one");
  await site.place(NEW);
  note("over content of ours");
  fs.writeFileSync(site.file("mine.txt"), "mine");
  await site.place(OLD);
  note("among files of others");
  const { state } = await site.destination.look(site.wanted(OLD, "error"));
  note(`looked at: ${state}`);
  await site.destination.remove(OWNER, site.report);
  note("removed");
  process.stdout.write(JSON.stringify(seen));
}

void main();
