/** A resource whose copy was placed, for tests of what becomes of it. */
import * as assert from "node:assert/strict";
import { join } from "node:path";
import type { Properties } from "../../provider/pulumi/lifecycle";
import { lifecycleWorld, type HostProcess, type LifecycleWorld } from "./lifecycle-world";

export const SIGNAL: AbortSignal = new AbortController().signal;
export const PREVIEW = { preview: true } as const;

export interface Placed {
  readonly world: LifecycleWorld;
  readonly given: Properties;
  readonly id: string;
  readonly state: Properties;
  /** Path of a file of the copy. */
  readonly file: (name: string) => string;
}

/** A resource that was created with a copy of two files at vendor/app. */
export async function placed(
  context: Parameters<typeof lifecycleWorld>[0],
  more: Properties = {},
): Promise<Placed> {
  const world = await lifecycleWorld(context);
  world.publish({ "a.txt": "a", "dir/b.txt": "b" });
  const { reference } = world;
  const given = { reference, plainHttp: true, destination: "vendor/app", ...more };
  const host = world.host();
  const { inputs, failures } = await host.check(given);
  assert.deepEqual(failures, []);
  const { id, outs } = await host.lifecycle.create(inputs, SIGNAL);
  const file = (name: string): string => join(world.project, "vendor/app", name);
  return { world, given, id, state: outs, file };
}

export interface Run {
  readonly host: HostProcess;
  readonly shown: Properties;
  readonly changes: boolean;
}

/** A preview, or the checks of an update. */
export async function run(at: Placed, more: Properties = {}, preview = true): Promise<Run> {
  const host = at.world.host();
  const given = { ...at.given, ...more };
  const { inputs, failures } = await host.check(given, { preview }, at.state);
  assert.deepEqual(failures, []);
  const { changes } = await host.lifecycle.diff(at.id, at.state, inputs);
  return { host, shown: inputs, changes };
}

export async function update(at: Placed, more: Properties = {}): Promise<HostProcess> {
  const { host, shown, changes } = await run(at, more, false);
  assert.ok(changes);
  await host.lifecycle.update(at.id, at.state, shown, SIGNAL);
  return host;
}

export function said({ host }: { readonly host: HostProcess }): string {
  return host.report.lines.join("\n");
}
