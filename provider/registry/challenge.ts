/**
 * What a 401 asks for: the grammar of WWW-Authenticate, with any number of challenges in any number
 * of header lines. Pure; never throws, what makes no sense is skipped.
 *
 * Rule: https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 */

export interface Challenge {
  /** Lower-case: "bearer", "basic". */
  readonly scheme: string;
  /** By lower-case name; of a name that occurs twice the first counts. */
  readonly parameters: ReadonlyMap<string, string>;
  /** The one unnamed value that some schemes have instead of parameters. */
  readonly token68?: string;
}

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y;
const EQUALS = /[ \t]*=[ \t]*/y;
const QUOTED = /"((?:[^"\\]|\\[\s\S])*)(?:"|\\?$)/y;
/** Wider than the grammar: registries send URLs without quotes. */
const UNQUOTED = /[^\s,"]*/y;
const SEPARATORS = /[\s,]+/y;
/** To the next comma that no quotes enclose, one character at least. */
const GARBAGE = /(?:"(?:[^"\\]|\\[\s\S])*(?:"|\\?$)|[^,])[^,"]*/y;

/** The challenges of all header lines, in the order of the text. */
export function parseChallenges(header: string | readonly string[] | undefined): Challenge[] {
  const lines = typeof header === "string" ? [header] : (header ?? []);
  return lines.flatMap(parseLine);
}

function parseLine(line: string): Challenge[] {
  const found: { scheme: string; parameters: Map<string, string>; token68?: string }[] = [];
  let position = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const match = pattern.exec(line);
    if (match !== null) position = pattern.lastIndex;
    return match;
  };
  while (position < line.length) {
    if (take(SEPARATORS) !== null) continue;
    const word = take(TOKEN)?.[0].toLowerCase();
    if (word === undefined) {
      take(GARBAGE);
    } else if (take(EQUALS) !== null) {
      const value = unescape(take(QUOTED)?.[1]) ?? take(UNQUOTED)?.[0] ?? "";
      const parameters = found.at(-1)?.parameters;
      if (parameters?.has(word) === false) parameters.set(word, value);
    } else {
      const hasValue = take(/[ \t]+/y) !== null;
      const token68 = hasValue ? take(TOKEN68)?.[0] : undefined;
      found.push({
        scheme: word,
        parameters: new Map(),
        ...(token68 === undefined ? {} : { token68 }),
      });
    }
  }
  return found;
}

function unescape(quoted: string | undefined): string | undefined {
  return quoted?.replace(/\\([\s\S])/g, "$1");
}
