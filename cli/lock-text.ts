/**
 * What `oci-artifact lock` and `vendor` print: what has changed, for a person and as JSON. Pure.
 */
import { RANGE_NAMES, type LockEntry } from "../provider/lock/lock-entry";
import type { Renewed } from "../provider/pulumi/renew-entry";
import { printable } from "../provider/redact";
import type { Failure } from "./exit";

/** How a person calls an entry: its reference, and what else says which artifact it is. */
export function nameOf({ reference, inputs }: Pick<LockEntry, "reference" | "inputs">): string {
  const beside = [...RANGE_NAMES, "referrer", "platform"].flatMap((name) => {
    const value = inputs[name];
    return value === undefined ? [] : [`${name} ${JSON.stringify(value)}`];
  });
  return printable(beside.length === 0 ? reference : `${reference} (${beside.join(", ")})`);
}

/** A line for each entry that is another one now; "" where nothing is. */
export function changesText(renewed: readonly Renewed[]): string {
  return renewed
    .flatMap((each) => {
      const text = changeText(each);
      return text === undefined ? [] : [`${nameOf(each.entry)} ${text}\n`];
    })
    .join("");
}

function changeText({ entry, before, change, changedFiles }: Renewed): string | undefined {
  const now = pointOf(entry);
  switch (change) {
    case "same":
      return undefined;
    case "added":
      return `added: ${now}`;
    case "completed":
      return `${now}, now with its content`;
    case "content":
      return `${now}, content ${before?.content?.digest ?? ""} => ${entry.content?.digest ?? ""}`;
    case "moved":
      return `${before === undefined ? "" : pointOf(before)} => ${now}${filesText(changedFiles)}`;
  }
}

function pointOf({ tag, digest }: LockEntry): string {
  return printable(tag === undefined ? digest : `${tag} ${digest}`);
}

function filesText(count: number | undefined): string {
  if (count === undefined) return "";
  return `, ${count} ${count === 1 ? "file" : "files"} changed`;
}

/** "5 artifacts". */
export function countOf(count: number): string {
  return `${count} ${count === 1 ? "artifact" : "artifacts"}`;
}

/** An entry and what became of it, for JSON. */
export function renewedJson({ entry, before, change, changedFiles }: Renewed): object {
  const { reference, tag, digest, content, inputs } = entry;
  return {
    reference,
    inputs,
    change,
    tag,
    digest,
    contentDigest: content?.digest,
    ...(before === undefined || before === entry
      ? {}
      : { before: { tag: before.tag, digest: before.digest } }),
    changedFiles,
  };
}

/** Each failure below the name of its artifact. */
export function failuresText(
  failures: readonly { readonly name: string; readonly failure: Failure }[],
): string {
  return failures
    .filter(({ failure }) => failure.code !== "CANCELLED")
    .map(({ name, failure }) => `${name}:\n  ${failure.message.replaceAll("\n", "\n  ")}\n`)
    .join("");
}
