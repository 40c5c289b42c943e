/** Makes real credential helpers for tests: small scripts that log what they are asked. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Writes `docker-credential-NAME` into the folder; the body runs after the question was logged. */
export function writeHelper(folder: string, name: string, body: string): void {
  const log = `printf '%s %s %s\\n' '${name}' "$1" "$server" >> '${join(folder, "calls")}'`;
  writeFileSync(
    join(folder, `docker-credential-${name}`),
    `#!/bin/sh\nserver=$(cat; printf x)\nserver=\${server%x}\n${log}\n${body}\n`,
    { mode: 0o755 },
  );
}

/** The body of a helper that knows exactly one server. */
export function knows(server: string, username: string, secret: string): string {
  const answer = JSON.stringify({ ServerURL: server, Username: username, Secret: secret });
  return `if [ "$server" = '${server}' ]; then printf '%s' '${answer}'; else\n${KNOWS_NOTHING}\nfi`;
}

/** The body of a helper without anything. */
export const KNOWS_NOTHING = "echo 'credentials not found in native keychain'; exit 1";

/** Questions of all helpers in the folder, in order: "NAME get SERVER". */
export function calls(folder: string): readonly string[] {
  try {
    return readFileSync(join(folder, "calls"), "utf8").trimEnd().split("\n");
  } catch {
    return [];
  }
}
