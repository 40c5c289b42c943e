/**
 * What the text of a reference means on this machine: itself, or where it names no registry, what
 * registries.conf makes of it. Reads podman's memory of short names; asks no registry.
 */
import { OciError } from "../errors";
import { formatReference } from "../reference/format";
import type { Configuration } from "../settings/configuration";
import { isShortName } from "../settings/registries-conf/is-short-name";
import type { RegistriesConf } from "../settings/registries-conf/tables";
import type { Reference } from "../types";
import type { CheckedInputs } from "./inputs";
import type { ReadInputs } from "./read-inputs";

/** What a text may mean. */
export interface Meant {
  /** In the order in which they are tried. */
  readonly references: readonly [Reference, ...Reference[]];
  /** What says so; absent where nothing does. */
  readonly namedBy?: string;
}

/** Inputs that are for one host: where this machine says which, they would be for whomever it says. */
const FOR_ONE_HOST = [
  "plainHttp",
  "skipTlsVerify",
  "insecure",
  "credentials",
  "clientCertificate",
] as const satisfies readonly (keyof CheckedInputs)[];

/**
 * What the inputs' reference means.
 *
 * @throws OciError INVALID_REFERENCE where a name without a registry means nothing, or the user has to
 * choose; INVALID_INPUT where an input is for one host, and this machine says which; CONFIG.
 */
export async function meantBy(
  { inputs, reference }: ReadInputs,
  conf: RegistriesConf,
  configuration: Configuration,
): Promise<Meant> {
  if (!isShortName(inputs.reference)) return { references: [reference] };
  const remembered = await configuration.rememberedAliases();
  const saysNothing = conf.aliases.size === 0 && conf.unqualifiedSearch.length === 0;
  // Where no file speaks of short names, they are Docker Hub's, as everywhere.
  if (saysNothing && remembered === undefined) return { references: [reference] };
  /* eslint-disable @typescript-eslint/no-require-imports -- as in registry/client.ts */
  const { resolveShortName } =
    require("../settings/registries-conf/short-names") as typeof import("../settings/registries-conf/short-names");
  /* eslint-enable @typescript-eslint/no-require-imports */
  const { candidates, origin, file } = resolveShortName(inputs.reference, conf, remembered);
  const [first = reference, ...others] = candidates;
  const namedBy =
    origin === "alias"
      ? `[aliases] of ${file ?? "registries.conf"}`
      : "unqualified-search-registries";
  const meant: Meant = { references: [first, ...others], namedBy };
  refuseForOneHost(inputs, reference, meant);
  return meant;
}

/**
 * Promise 7: a switch that is a risk, and a login, are for one registry, which the user names. A name
 * without one is Docker Hub's, as everywhere; where a machine makes another of it, the same program
 * would send the login elsewhere.
 */
function refuseForOneHost(inputs: CheckedInputs, written: Reference, { references }: Meant): void {
  const given = FOR_ONE_HOST.find((name) => inputs[name] !== undefined && inputs[name] !== false);
  if (given === undefined || references.every(({ registry }) => registry === written.registry))
    return;
  const what = references.length > 1 ? "may mean several" : "leaves that to this machine";
  throw new OciError({
    code: "INVALID_INPUT",
    verb: "use input",
    subject: `"${given}"`,
    fact: `it is for one registry, and "${inputs.reference}" ${what}`,
    details: references.map(formatReference),
    hint: "write the reference in full, or give it in registries, by the registry's name",
  });
}
