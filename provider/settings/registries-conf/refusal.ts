/**
 * The error of a file of registries.conf that cannot be used. Apart from the parser, so that nobody loads
 * that who has no such file.
 */
import { OciError } from "../../errors";

/** An error about a file. */
export function refusal(file: string, fact: string, hint?: string): OciError {
  return new OciError({ code: "CONFIG", verb: "use", subject: file, fact, hint });
}
