/**
 * Asks a token service for a token that pulls one repository. Plans who may see the password before
 * it asks; caches nothing and never asks for more than the request in hand takes.
 *
 * Rules: https://distribution.github.io/distribution/spec/auth/token/ and …/auth/oauth/
 */
import { isIP } from "node:net";
import type { Context } from "../context";
import type { OciError } from "../errors";
import { registerSecret } from "../redact";
import { field } from "../settings/fields";
import type { Credential, Endpoint } from "../types";
import type { Challenge } from "./challenge";
import { ask, type Question, type Reply, type Tools } from "./exchange";
import { type CredentialNote, missingHalf } from "./credential-note";
import { originOf, type Place, protocolError, statusError } from "./failure";
import { scopesOf, type Writing } from "./writing";

/** The name under which token services know this client. */
const CLIENT_ID = "pulumi-oci-artifact";

/** Seconds, where the service names none. Rule: the same specification. */
const DEFAULT_LIFETIME = 60;

export interface Token {
  readonly value: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Where to ask, and whether the credential may go there. */
export interface TokenPlan {
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  /** Why the realm gets no credential, in a clause; undefined where it may have it. */
  readonly withheld: string | undefined;
}

/** What the token is for, and how errors tell about credentials. */
export interface TokenErrand {
  readonly endpoint: Endpoint;
  readonly verb: string;
  readonly subject: string;
  readonly note: CredentialNote;
}

/** The plan for a challenge, or in a clause why its realm is refused. Pure. */
export function planToken(
  endpoint: Endpoint,
  { parameters }: Challenge,
  writing?: Writing,
): TokenPlan | string {
  const text = parameters.get("realm") ?? "";
  if (!URL.canParse(text)) return "names no token service that could be asked";
  const realm = new URL(text);
  const origin = originOf(endpoint);
  if (realm.protocol !== "http:" && realm.protocol !== "https:") {
    return `names a token service by ${realm.protocol}, which is neither http: nor https:`;
  }
  if (origin.protocol === "https:" && realm.protocol === "http:") {
    return `names a token service without TLS, ${realm.host}, though it has TLS itself`;
  }
  realm.username = "";
  realm.password = "";
  realm.hash = "";
  return {
    realm,
    service: parameters.get("service") || undefined,
    scopes: [...scopesOf(endpoint.repository, writing), ...furtherScopes(parameters)],
    withheld: withheldFrom(realm, origin),
  };
}

/** A registry that wants more repositories than the one it was asked for gets `pull` of them. */
function furtherScopes(parameters: ReadonlyMap<string, string>): readonly string[] {
  if (parameters.get("error") !== "insufficient_scope") return [];
  const wanted = parameters.get("scope") ?? "";
  return [
    ...wanted.matchAll(/(?:^| )(repository:[^ ]+):(?:[^ :]*,)?(?:pull|\*)(?:,[^ :]*)?(?= |$)/g),
  ].map(([, resource = ""]) => `${resource}:pull`);
}

/**
 * A registry names its token service itself, so a lying one could name any. Another public name is
 * normal (Docker Hub); a bare address that nobody named, or plain HTTP elsewhere, is not.
 */
function withheldFrom(realm: URL, origin: URL): string | undefined {
  if (realm.hostname === origin.hostname) return undefined;
  if (isIP(realm.hostname.replace(/^\[|\]$/g, "")) !== 0) {
    return `the token service ${realm.host} is a bare address that is not the registry's own`;
  }
  if (realm.protocol === "http:") {
    return `the token service ${realm.host} has no TLS and is not the registry's own host`;
  }
  return undefined;
}

/** Why the credential does not go to the plan's token service, if so. */
export function whyWithheld({ withheld }: TokenPlan, credential: Credential): string | undefined {
  const missing = missingHalf(credential);
  return withheld ?? (missing === undefined ? undefined : `they have no ${missing}`);
}

/**
 * A token for the plan. Without a credential it asks anonymously.
 * @throws OciError UNAUTHORIZED or FORBIDDEN where the service refuses.
 */
export async function requestToken(
  tools: Tools,
  context: Context,
  plan: TokenPlan,
  credential: Credential | undefined,
  { endpoint, verb, subject, note }: TokenErrand,
): Promise<Token> {
  const sentAt = Date.now();
  const refusal = (reply: Reply): OciError => refusalOf(reply, note);
  const common = { endpoint, verb, subject, reading: "tokenBytes", isTokenService: true } as const;
  let refused: Reply | undefined;
  if (credential?.identityToken !== undefined) {
    const reply = await ask(tools, context, {
      ...common,
      ...postOf(plan, credential.identityToken),
    });
    if (reply.status === 200) return readToken(reply, sentAt);
    // Services without OAuth2 answer POST with one of these; the older form may still do.
    if (![400, 401, 404, 405].includes(reply.status)) throw refusal(reply);
    refused = reply;
  }
  const reply = await ask(tools, context, { ...common, ...getOf(plan, credential) });
  if (reply.status === 200) return readToken(reply, sentAt);
  // Who does not know POST has said nothing of the token: then the answer to GET counts.
  throw refusal(refused === undefined || [404, 405].includes(refused.status) ? reply : refused);
}

type Form = Pick<Question, "method" | "url" | "headers" | "body" | "isOnce">;

function postOf(plan: TokenPlan, identityToken: string): Form {
  const form = new URLSearchParams({
    grant_type: "refresh_token",
    client_id: CLIENT_ID,
    service: plan.service ?? plan.realm.host,
    scope: plan.scopes.join(" "),
    refresh_token: identityToken,
  });
  return {
    method: "POST",
    isOnce: true,
    url: plan.realm,
    headers: { ...HEADERS, "content-type": "application/x-www-form-urlencoded" },
    body: form.toString(),
  };
}

function getOf({ realm, service, scopes }: TokenPlan, credential: Credential | undefined): Form {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.append("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  const authorization = credential === undefined ? undefined : loginHeader(credential);
  return {
    method: "GET",
    url,
    headers: { ...HEADERS, ...(authorization === undefined ? {} : { authorization }) },
  };
}

const HEADERS = {
  accept: "application/json",
  "accept-encoding": "identity",
  "user-agent": CLIENT_ID,
} as const;

/** To a service that knows no OAuth2, an identity token is the password. */
function loginHeader({ identityToken, ...credential }: Credential): string | undefined {
  const hasPassword = (credential.password ?? "") !== "";
  if (identityToken === undefined || hasPassword) return basicHeader(credential);
  return basicHeader({ ...credential, password: identityToken });
}

/** The Basic header of a credential, or undefined where it has no name and no password. */
export function basicHeader(credential: Credential): string | undefined {
  const { username = "", password = "" } = credential;
  if (username === "" && password === "") return undefined;
  const pair = Buffer.from(`${username}:${password}`).toString("base64");
  registerSecret(pair);
  return `Basic ${pair}`;
}

function readToken(reply: Reply, sentAt: number): Token {
  const document = parse(reply.bytes, reply.place);
  const value = [field(document, "token"), field(document, "access_token")].find(
    (each): each is string => typeof each === "string" && /^[\x21-\x7e]+$/.test(each),
  );
  if (value === undefined) throw protocolError(reply.place, "answers without a usable token");
  registerSecret(value);
  const seconds = Number(field(document, "expires_in"));
  const lifetime = seconds > 0 ? seconds : DEFAULT_LIFETIME;
  return { value, expiresAt: sentAt + lifetime * 1_000 };
}

function parse(bytes: Buffer, place: Place): Readonly<Record<string, unknown>> {
  try {
    const document: unknown = JSON.parse(bytes.toString("utf8"));
    if (typeof document === "object" && document !== null) return { ...document };
  } catch {
    // Told below, as whatever else is no JSON object.
  }
  throw protocolError(place, "answers with something that is no JSON object");
}

/** What OAuth2 services say with 400 is, to the user, that they refuse the credential. */
function refusalOf(reply: Reply, note: CredentialNote): OciError {
  const status = reply.status === 400 && note.wereSent ? 401 : reply.status;
  return statusError(reply.place, status, reply.bytes, note);
}
