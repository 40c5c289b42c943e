/**
 * Resource options that can do nothing for content of a registry: each is refused, with what to use
 * instead. Never touches the others: the engine serves them.
 */
import type * as pulumi from "@pulumi/pulumi";
import { userError } from "./user-error";

interface Refusal {
  readonly fact: string;
  readonly hint: string;
}

/** What would fail in words of the SDK, or silently do nothing. */
const REFUSED: ReadonlyMap<keyof pulumi.CustomResourceOptions, Refusal> = new Map([
  [
    "import",
    {
      fact: "there is nothing to import: an artifact only reads what its registry has",
      hint: "leave the option out: declaring the artifact pulls the content",
    },
  ],
  [
    "id",
    {
      fact: "an artifact cannot be looked up by an id",
      hint: "leave the option out, or use getOciArtifact for content without a resource",
    },
  ],
  [
    "customTimeouts",
    {
      fact: "the engine does not tell the provider of this resource",
      hint: "use the input timeouts: { total: 600 }, in seconds",
    },
  ],
  [
    "replaceOnChanges",
    {
      fact: "what changes in an artifact is an update, never a replacement",
      hint: "set the option on the resources that use its digest or path",
    },
  ],
]);

/** The same of what publishes. */
const REFUSED_BY_PUSH: ReadonlyMap<keyof pulumi.CustomResourceOptions, Refusal> = new Map([
  ...REFUSED,
  [
    "import",
    {
      fact: "there is nothing to import: the state knows a push by what was packed",
      hint: "leave the option out: content that the registry has already is found, and not pushed again",
    },
  ],
  [
    "id",
    {
      fact: "a push cannot be looked up by an id",
      hint: "leave the option out, or use OciArtifact to read what a registry has",
    },
  ],
  [
    "replaceOnChanges",
    {
      fact: "what changes is pushed anew, and nothing of it is replaced",
      hint: "set the option on the resources that use its digest",
    },
  ],
]);

/**
 * Refuses options that an artifact cannot serve. What a transform adds comes later, and is not seen.
 *
 * @param of - "push" for what publishes; default: what pulls
 * @throws Error with `code` INVALID_INPUT, for the first of them
 */
export function refuseOptions(
  options: pulumi.CustomResourceOptions,
  of: "pull" | "push" = "pull",
): void {
  for (const [name, { fact, hint }] of of === "push" ? REFUSED_BY_PUSH : REFUSED) {
    if (!isGiven(options[name])) continue;
    throw userError(`cannot use option "${name}": ${fact}\nhint: ${hint}`, "INVALID_INPUT");
  }
}

/** Whether an option says anything: programs pass on options that they have left open, or empty lists. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}
