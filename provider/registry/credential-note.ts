/**
 * What an error says about credentials: where they came from, or where none were found, and what to
 * do about it. Pure; no secret is in it.
 */
import { type CredentialSearch, searchedPlaces } from "../settings/credentials";
import type { Credential } from "../types";

export interface CredentialNote {
  /** A line for the details. */
  readonly line: string;
  readonly hint: string;
  readonly wereSent: boolean;
}

/**
 * What a login lacks for a token service: half a pair is none there. Docker and podman, too, ask for a token
 * as nobody then.
 */
export function missingHalf(credential: Credential): "user name" | "password" | undefined {
  const { username = "", password = "", identityToken } = credential;
  if (identityToken !== undefined) return undefined;
  if (username === "") return "user name";
  return password === "" ? "password" : undefined;
}

/** @param withheld - Why the credential that there is was not sent. */
export function noteOf(
  registry: string,
  credential: Credential | undefined,
  search: CredentialSearch,
  withheld?: string,
): CredentialNote {
  if (credential === undefined) {
    return {
      line: `no credentials for ${registry} in ${searchedPlaces(search).join(", ")}`,
      hint: `log in (docker login ${registry}), or give credentials`,
      wereSent: false,
    };
  }
  const line = `credentials: ${credential.source}`;
  if (withheld !== undefined) {
    const missing = missingHalf(credential);
    const hint =
      missing === undefined
        ? "if the token service is the right one, have the registry name it by HTTPS and host"
        : `log in to ${registry} again, or give credentials with a ${missing}`;
    return { line: `${line}, withheld: ${withheld}`, hint, wereSent: false };
  }
  const hint = credential.explicit
    ? "check the user name and the password there, and what they permit"
    : `log in to ${registry} again, or give credentials`;
  return { line, hint, wereSent: true };
}

/**
 * Of a registry that denies access without asking who it is. Credentials go only where they are asked for,
 * so that some would help is a guess.
 *
 * @param isGiven - Whether the user has given some for it; what the machine holds is not looked for.
 */
export function unaskedNote(registry: string, isGiven: boolean): CredentialNote {
  const check = "check the name, and whom the registry lets in from where";
  return {
    line: "no credentials were sent: it asks for none",
    hint: isGiven
      ? check
      : `${check}; a login may help (docker login ${registry}), or credentials that are given`,
    wereSent: false,
  };
}

/** The warning where the machine's credential is refused, and what is open to everybody is pulled. */
export function refusedNote(registry: string, { source }: Credential): string {
  const hint = `hint: log in to ${registry} again, or remove them`;
  return `${registry} refuses the credentials of ${source}: going on without any\n${hint}`;
}

/** Of a host that the registry redirects to, which goes by nothing but the URL. */
export const ELSEWHERE: CredentialNote = Object.freeze({
  line: "no credentials go there: the address is signed by the registry, and lives for minutes",
  hint: "run again; if it stays so, check this machine's clock",
  wereSent: false,
});

/** Harbor, Nexus and others behind a proxy that ends TLS, and does not tell them so. */
export const REALM_HINT = addressHint("token service");
export const UPLOAD_HINT = addressHint("uploads");

function addressHint(what: string): string {
  return `have the registry name its ${what} by the https:// address that clients use: set its external URL there, or the X-Forwarded-… headers of the proxy in front of it`;
}
