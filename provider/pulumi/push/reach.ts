/**
 * How the registry of a state is reached when no program runs: the inputs that say how are stored nowhere,
 * so there are the stack configuration, and what the machine knows.
 */
import { SILENT } from "../../context";
import { parseReference } from "../../reference/parse";
import type { Origin } from "../../registry/writer";
import type { Reference } from "../../types";
import type { World } from "../../world";
import { checkRows } from "../check-inputs";
import { registerSecrets } from "../transport";
import { TRANSPORT_INPUTS } from "../transport-inputs";
import type { TransportInputs } from "../transport-types";
import { typedValue } from "../typed-inputs";
import { originOf } from "./push-request";

const ROWS = new Map([["registries", TRANSPORT_INPUTS.registries]]);

/** @throws OciError CONFIG, BLOCKED, INVALID_REFERENCE */
export async function reach(
  text: string,
  registries: unknown,
  world: World,
  directory: string,
): Promise<{ readonly reference: Reference; readonly origin: Origin }> {
  const reference = parseReference(text);
  const { configuration } = world;
  const asked = { configuration, directory, report: SILENT };
  const inputs = transportOf(registries);
  registerSecrets(inputs);
  return { reference, origin: await originOf(reference, inputs, asked) };
}

/** `oci-artifact:registries` as it stands in a configuration; what cannot be read says nothing. */
function transportOf(configured: unknown): TransportInputs {
  if (configured === undefined || configured === null) return {};
  try {
    const value: unknown = typeof configured === "string" ? JSON.parse(configured) : configured;
    const registries = typedValue(value, TRANSPORT_INPUTS.registries.type);
    return checkRows({ registries }, ROWS).length > 0 ? {} : ({ registries } as TransportInputs);
  } catch {
    return {};
  }
}
