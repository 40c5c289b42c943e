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

/** Inputs that are for one host: among several that a list names they would be for each. */
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
 * choose; INVALID_INPUT where an input is for one host, and several may be meant; CONFIG.
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
  refuseForOneHost(inputs, meant);
  return meant;
}

/** Promise 7: a switch that is a risk, and a login, are for one registry, which the user names. */
function refuseForOneHost(inputs: CheckedInputs, { references }: Meant): void {
  const given = FOR_ONE_HOST.find((name) => inputs[name] !== undefined && inputs[name] !== false);
  if (references.length === 1 || given === undefined) return;
  throw new OciError({
    code: "INVALID_INPUT",
    verb: "use input",
    subject: `"${given}"`,
    fact: `it is for one registry, and "${inputs.reference}" may mean several`,
    details: references.map(formatReference),
    hint: "write the reference in full, or give it in registries, by the registry's name",
  });
}
