/**
 * Waits for outputs of the program outside of resources. An output that is unknown in a preview is
 * no value, and waiting for it does not hang.
 */
import * as pulumi from "@pulumi/pulumi";

/** The parts of an output that the SDK itself uses and does not document. */
interface InnerOutput<T> {
  promise(withUnknowns?: boolean): Promise<T>;
  readonly isKnown: Promise<boolean>;
}

/** The value, with secrets as plain values; undefined where any part of it is unknown. */
export async function knownValue<T>(input: pulumi.Input<T>): Promise<T | undefined> {
  const output = pulumi.output(input) as unknown as InnerOutput<T>;
  return (await output.isKnown) ? await output.promise() : undefined;
}
