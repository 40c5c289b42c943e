/**
 * What an error says about credentials: where they came from, or where none were found, and what to
 * do about it. Pure; no secret is in it.
 */
import type { Settings } from "../settings/settings";
import type { Credential } from "../types";

export interface CredentialNote {
  /** A line for the details. */
  readonly line: string;
  readonly hint: string;
  readonly wereSent: boolean;
}

/** @param withheld - Why the credential that there is was not sent. */
export function noteOf(
  registry: string,
  credential: Credential | undefined,
  settings: Settings,
  withheld?: string,
): CredentialNote {
  if (credential === undefined) {
    return {
      line: `no credentials for ${registry} in ${settings.dockerConfig ?? "any file"}`,
      hint: `log in (docker login ${registry}), or give credentials`,
      wereSent: false,
    };
  }
  const line = `credentials: ${credential.source}`;
  if (withheld !== undefined) {
    const hint =
      "if the token service is the right one, have the registry name it by HTTPS and host";
    return { line: `${line}, withheld: ${withheld}`, hint, wereSent: false };
  }
  const hint = credential.explicit
    ? "check the user name and the password in credentials, and what they may read"
    : `log in to ${registry} again, or give credentials`;
  return { line, hint, wereSent: true };
}

/** Of a host that the registry redirects to, which goes by nothing but the URL. */
export const ELSEWHERE: CredentialNote = Object.freeze({
  line: "no credentials go there: the address is signed by the registry, and lives for minutes",
  hint: "run again; if it stays so, check this machine's clock",
  wereSent: false,
});
