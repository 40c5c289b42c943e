/**
 * What is known of one repository at one endpoint, asked with one credential for one kind of work: kept for a client, until
 * it is refused. What was granted under one trust, to one credential, is not used under another. It
 * sends nothing.
 */
import type { Report } from "../context";
import { digestOf } from "../digest";
import type { CredentialSearch } from "../settings/credentials";
import type { Credential, Endpoint } from "../types";
import type { Challenge } from "./challenge";
import { originOf } from "./failure";
import { scopesOf, type Writing } from "./writing";

/** Looks for the machine's credential of a repository. */
export type FindCredential = (
  search: CredentialSearch,
  registry: string,
  repository: string,
  report: Report,
) => Promise<Credential | undefined>;

export interface SessionParts {
  /** Where credentials are looked for, unless the endpoint says otherwise. */
  readonly search: CredentialSearch;
  readonly findCredential: FindCredential;
}

export interface Grant {
  readonly header: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** Why the credential that there is had no part in it. */
  readonly withheld?: string | undefined;
}

export interface Session {
  /** Looked for once. */
  readonly credential: () => Promise<Credential | undefined>;
  /** Whether somebody asked for it. */
  isChallenged?: boolean;
  /** How the registry has asked for it last: later refusals may leave that out. */
  challenges?: readonly Challenge[];
  grant?: Grant | undefined;
  /** Under way, for whoever else needs it. */
  pending?: Promise<Grant> | undefined;
  /** The same without a credential, once the machine's was refused and this was not. */
  open?: Session;
}

export interface Sessions {
  /** The report is told of what is wrong with places of credentials. */
  of(endpoint: Endpoint, report: Report, writing?: Writing): Session;
  /** Whoever asks next begins anew, and looks for the credential anew. */
  forget(session: Session): void;
}

/** Those of one client. */
export function createSessions(parts: SessionParts): Sessions {
  const known = new Map<string, Session>();
  return {
    of(endpoint, report, writing) {
      const key = sessionKey(parts, endpoint, writing);
      const session = known.get(key) ?? newSession(parts, endpoint, report);
      known.set(key, session);
      return session;
    },
    forget(session) {
      for (const [key, each] of known) if (each === session) known.delete(key);
    },
  };
}

/** Where the endpoint's credential is looked for. */
export function searchOf(parts: SessionParts, endpoint: Endpoint): CredentialSearch {
  return endpoint.search ?? parts.search;
}

function newSession(parts: SessionParts, endpoint: Endpoint, report: Report): Session {
  const { registry, repository, credential } = endpoint;
  const search = searchOf(parts, endpoint);
  let found: Promise<Credential | undefined> | undefined;
  const look = (): Promise<Credential | undefined> =>
    parts.findCredential(search, registry, repository, report).catch((error: unknown) => {
      // A file that the user has named may be mended before the next pull of a long process.
      found = undefined;
      throw error;
    });
  return {
    credential: () => (credential === undefined ? (found ??= look()) : Promise.resolve(credential)),
  };
}

/** A token that pulls is too narrow for a push, and one that pushes is more than a pull should show. */
function sessionKey(parts: SessionParts, endpoint: Endpoint, writing?: Writing): string {
  const { repository, tls, clientCertificate = null, registry } = endpoint;
  const { origin } = originOf(endpoint);
  const scopes = scopesOf(repository, writing);
  const credential = endpoint.credential ?? searchOf(parts, endpoint);
  return digestOf(JSON.stringify([origin, registry, scopes, tls, clientCertificate, credential]));
}
