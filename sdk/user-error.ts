/**
 * Errors that a program's user reads: the message in words, no stack. Pulumi shows a RunError as it
 * is, where it would show frames of this package for any other error that a program lets pass.
 */
import * as pulumi from "@pulumi/pulumi";

/** An error with this text; `code` is one of docs/errors.md. */
export function userError(message: string, code: string): Error {
  const error = new pulumi.RunError(message);
  // Also for those who print it themselves; and rendering frames takes Node 20 half a minute.
  error.stack = message;
  Object.defineProperty(error, "code", { value: code, enumerable: false });
  return error;
}
