/**
 * Which inputs go along to a reference that the state names. Pure.
 */
import { parseReference } from "../reference/parse";
import { storedInputs } from "./inputs";
import type { Properties } from "./lifecycle";

/**
 * What decides the content goes along, transport and credentials only to the registry that they were
 * given for.
 */
export function sameRegistry(values: Properties, pinned: string): Properties {
  const { reference, registries, registriesConf, authFile } = values;
  // These are by the names of registries, and go nowhere else anyway.
  const content = { ...storedInputs(values), registries, registriesConf, authFile };
  if (typeof reference !== "string") return content;
  try {
    return parseReference(reference).registry === parseReference(pinned).registry
      ? values
      : content;
  } catch {
    return content;
  }
}
