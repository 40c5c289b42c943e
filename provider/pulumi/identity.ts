/**
 * Which inputs say what is asked for. A digest that is on record goes on only where these are the same:
 * another range is another question, as another tag is. Pure.
 */
import { isAbsent } from "./input-rules";
import type { Properties } from "./lifecycle";
import { VERSION_INPUTS } from "./version-inputs";

/** Beside the reference, those that decide which digest it comes to. */
const ASKED_BESIDE = [...Object.keys(VERSION_INPUTS), "referrer"];

/** The same text for inputs that ask for the same: of a program, checked, or of a state. */
export function identityOf({ reference, ...values }: Properties): string {
  return JSON.stringify([reference, ...beside(values)]);
}

/** For a person: `ghcr.io/team/app (semver "^1.2", prereleases true)`. */
export function shownIdentity({ reference, ...values }: Properties): string {
  const shown = beside(values).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return `${String(reference)}${shown.length === 0 ? "" : ` (${shown.join(", ")})`}`;
}

/** The reference alone: what of the content is restored, or taken by a digest, is not chosen anew. */
export function withoutChoice(values: Properties): Properties {
  const names = new Set(ASKED_BESIDE);
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.has(name)));
}

function beside(values: Properties): readonly (readonly [string, unknown])[] {
  return ASKED_BESIDE.flatMap((name) => {
    const value = values[name];
    // A switch that is off is as good as none.
    return isAbsent(value) || value === false ? [] : [[name, value] as const];
  });
}
