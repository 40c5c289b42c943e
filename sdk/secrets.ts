/**
 * Inputs that are secret whatever the user gave: they are marked before they leave the program.
 */
import * as pulumi from "@pulumi/pulumi";

/** The arguments, those of these names as secrets where they are given. */
export function withSecrets(
  args: object,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  const values = args as Readonly<Record<string, unknown>>;
  const secrets = names
    .filter((name) => values[name] !== undefined)
    .map((name) => [name, pulumi.secret<unknown>(values[name])] as const);
  return { ...values, ...Object.fromEntries(secrets) };
}
