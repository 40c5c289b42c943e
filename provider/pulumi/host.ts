/**
 * What the lifecycle finds in a dynamic provider's process: settings, one world per program
 * directory, the CLI's run, the engine's log.
 */
import { readSettings } from "../settings/settings";
import { NO_CONFIRMATIONS, openConfirmations } from "../store/confirmations";
import type { Descriptor } from "../types";
import { openWorld, type World } from "../world";
import { findCliProcess } from "./cli-process";
import type { Host } from "./lifecycle";
import type { EngineReports } from "./report";

/** The host of this process. Its working directory is the program's. */
export function createHost(reports: EngineReports): Host {
  const settings = readSettings();
  const worlds = new Map<string, World>();
  const cli = findCliProcess();
  return Object.freeze({
    world(directory: string) {
      const known = worlds.get(directory);
      if (known !== undefined) return known;
      const world = openWorld(settings, directory);
      worlds.set(directory, world);
      return world;
    },
    report: (urn: string) => reports.of(urn),
    confirmations:
      cli === undefined ? NO_CONFIRMATIONS : openConfirmations(settings.cacheDirectory, cli),
    planned: new Map<string, Descriptor>(),
    directory: process.cwd(),
  });
}
