/**
 * The one gate that every text passes on its way to a person: an error, a log line, a row of the
 * preview. It removes registered secrets, the user part and the query of URLs, and control
 * sequences that a registry may have put into a name. It never decides what is an error.
 */

/** Shorter values would blank out ordinary words, and are no secrets worth the name. */
const SHORTEST_SECRET = 4;

/** Query parameters that name a thing instead of granting it; all others are hidden. */
const SHOWN_PARAMETERS = new Set(["service", "scope", "n", "last", "artifactType", "ns", "tag"]);

/** Longest first: a secret that begins with another one must not be left with its rest. */
let secrets: readonly string[] = [];

/** Remembers a value that no text may show: a password, a token, a client key. */
export function registerSecret(value: string | undefined): void {
  if (value === undefined || value.length < SHORTEST_SECRET) return;
  // By way of bytes: half a character would make encodeURIComponent throw.
  const escaped = encodeURIComponent(Buffer.from(value).toString());
  const forms = [value, escaped, JSON.stringify(value).slice(1, -1)];
  secrets = [...new Set([...secrets, ...forms])].sort((a, b) => b.length - a.length);
}

/** The text as a person may read it: without secrets and without control sequences. */
export function redact(text: string): string {
  let shown = text;
  for (const secret of secrets) {
    if (shown.includes(secret)) shown = shown.replaceAll(secret, "[secret]");
  }
  // What ends a clause is none of the URL: "https://host:5000: refused".
  return printable(shown.replace(/\bhttps?:\/\/[^\s"'<>]*[^\s"'<>:;,.)]/g, redactUrl));
}

/**
 * Replaces what a terminal would obey (C0, C1, DEL, bidirectional overrides), and halves of characters,
 * which no encoding has; keeps line feeds and tabs.
 */
export function printable(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}

/** A stranger's name, of a file, as a piece of a line: it makes no lines and no columns of its own. */
export function inOneLine(name: string): string {
  return name.replace(/[\n\t\u2028\u2029]/g, "\ufffd");
}

function redactUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return "[url]";
  }
  if (url.username === "" && url.password === "" && url.search === "") return text;
  url.username = "";
  url.password = "";
  for (const name of [...url.searchParams.keys()]) {
    if (!SHOWN_PARAMETERS.has(name)) url.searchParams.set(name, "hidden");
  }
  return url.toString();
}
