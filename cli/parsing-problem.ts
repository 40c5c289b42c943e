/**
 * What Node says of a command line that it cannot parse, in one sentence. Pure.
 */

/** The first sentence; where a value begins with a dash, how that is written. */
export function problemOfParsing(error: unknown): string {
  const [first = ""] = (error instanceof Error ? error.message : String(error)).split(/\.\s/);
  const [, flag] = /^Option '(?:-\w, )?--([^' ]+)[^']*' argument is ambiguous/.exec(first) ?? [];
  return flag === undefined
    ? first
    : `--${flag} takes a value; one that begins with a dash is written --${flag}=-…`;
}
