/**
 * What the tags of a state name now, for a refresh. It asks with what the machine and the stack
 * configuration know; whatever goes wrong is a warning, and then there is nothing to tell.
 */
import type { Context } from "../../context";
import { SILENT } from "../../context";
import { asOciError, type OciError } from "../../errors";
import { inParallel } from "../../in-parallel";
import { DEFAULT_LIMITS } from "../../limits";
import { digestOfTag } from "../../publish/tags";
import type { Host, Properties } from "../lifecycle";
import { MISSING } from "./push-outputs";
import { reach } from "./reach";

/** A refresh that nobody answers goes on. */
const PATIENCE_MS = 20_000;

const AT_ONCE = 4;

/** Tag → digest, or `missing`; undefined where nobody can be asked. Never throws. */
export async function readTags(
  { reference: text, tagged }: Properties,
  host: Host,
  registries: unknown,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>> | undefined> {
  if (typeof text !== "string" || typeof tagged !== "object" || tagged === null) return undefined;
  const world = host.world(host.directory);
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const { settings } = world;
  const context: Context = { settings, limits: DEFAULT_LIMITS, report: SILENT, signal: bounded };
  try {
    const { origin } = await reach(text, registries, world, host.directory);
    if (origin.unusable !== undefined) throw origin.unusable;
    const found = new Map<string, string>();
    await inParallel(Object.keys(tagged), AT_ONCE, context, async (tag, asking) => {
      found.set(tag, (await digestOfTag(tag, origin, world, asking)) ?? MISSING);
    });
    return Object.fromEntries(Object.keys(tagged).map((tag) => [tag, found.get(tag) ?? MISSING]));
  } catch (error) {
    sayUnasked(asOciError(error, "read", text), host);
    return undefined;
  }
}

/** Or a refresh would look as if nothing had drifted. */
function sayUnasked({ subject, fact }: OciError, host: Host): void {
  host
    .report("")
    .warning(
      `what the tags of ${subject} name now cannot be asked, so this refresh shows no drift: ${fact}; what it takes to reach the registry, give in the configuration oci-artifact:registries`,
    );
}
