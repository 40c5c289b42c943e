/**
 * A process that lets others pull while a disk has room, while it has none or takes no write, and when
 * it has room again, and prints what came of each. The disk is a tmpfs of its own where it may mount
 * one (`unshare -rm` starts it so that it may), else a stand-in. It judges nothing.
 *
 * Argument: a {@link Scenario} as JSON.
 */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import type { Outcome } from "../store/pull-once";
import { pullOnce } from "../store/pulling-processes";
import { contentOf, type Content } from "../store/content";

/** A pull, and what the disk is like meanwhile. */
export interface Step {
  readonly reference: string;
  readonly disk: "roomy" | "full" | "read-only";
}

/** Which folder lies on the disk, and what is to be done. */
export interface Scenario {
  readonly folder: string;
  /** Names below `folder`. */
  readonly disk: string;
  readonly project: string;
  readonly cache: string;
  readonly temporary: string;
  readonly isReal: boolean;
  readonly steps: readonly Step[];
}

/** What came of a step, and what anybody could then see. */
export interface Seen {
  readonly outcome: Outcome;
  /** Name → content of each tree. */
  readonly trees: Readonly<Record<string, Content>>;
  /** What lies in staging areas and the temporary folder. */
  readonly unfinished: readonly string[];
}

const MOUNT_OPTIONS = {
  roomy: "size=64m,rw",
  full: "size=1m,rw",
  "read-only": "size=64m,ro",
} as const;

/** What the stand-in is told; see disk-switch.ts. */
const REFUSALS = { roomy: undefined, full: "ENOSPC 500000", "read-only": "EROFS 0" } as const;

function environmentOf(scenario: Scenario, disk: Step["disk"]): Readonly<Record<string, string>> {
  const { folder, isReal } = scenario;
  const place = join(folder, scenario.disk);
  const refusal = REFUSALS[disk];
  if (isReal) execFileSync("mount", ["-o", `remount,${MOUNT_OPTIONS[disk]}`, place]);
  return {
    HOME: folder,
    OCI_ARTIFACT_CACHE: join(folder, scenario.cache),
    TMPDIR: join(folder, scenario.temporary),
    ...(isReal || refusal === undefined
      ? {}
      : {
          NODE_OPTIONS: `--require ${join(__dirname, "disk-switch.js")}`,
          OCI_ARTIFACT_TEST_DISK: `${refusal} ${place}`,
        }),
  };
}

function look({ folder, project, cache, temporary }: Scenario, outcome: Outcome): Seen {
  const area = join(folder, project, ".oci-artifacts");
  const names = namesIn(area).filter((name) => !name.startsWith("."));
  const places = [
    join(area, ".pulumi/staging"),
    join(folder, cache, "staging"),
    join(folder, temporary),
  ];
  return {
    outcome,
    trees: Object.fromEntries(names.map((name) => [name, contentOf(join(area, name))])),
    unfinished: places.flatMap(namesIn),
  };
}

function namesIn(folder: string): readonly string[] {
  return fs.existsSync(folder) ? fs.readdirSync(folder) : [];
}

async function main(): Promise<void> {
  const scenario = JSON.parse(process.argv[2] ?? "") as Scenario;
  const { folder, project, temporary, isReal } = scenario;
  const place = join(folder, scenario.disk);
  fs.mkdirSync(place, { recursive: true });
  if (isReal) execFileSync("mount", ["-t", "tmpfs", "-o", MOUNT_OPTIONS.roomy, "none", place]);
  for (const name of [project, temporary]) fs.mkdirSync(join(folder, name), { recursive: true });
  const seen: Seen[] = [];
  for (const { reference, disk } of scenario.steps) {
    const environment = environmentOf(scenario, disk);
    const outcome = await pullOnce({ project: join(folder, project), environment, reference });
    seen.push(look(scenario, outcome));
  }
  process.stdout.write(JSON.stringify(seen));
}

void main();
