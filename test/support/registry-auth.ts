/**
 * Who may do what at the test registry: Basic, and the token flow of the distribution project with
 * its token service (GET, and OAuth2 POST). Decides and answers; never sends and never logs.
 *
 * Rules: https://distribution.github.io/distribution/spec/auth/token/ and …/oauth/
 */
import { randomBytes } from "node:crypto";
import { failure, json, type Answer, type RegistryRequest } from "./registry-answer";
import type { RegistryAuth, TokenAuth } from "./registry-types";

/** Repository → what may be done there: "pull", "push", "delete". */
type Access = ReadonlyMap<string, readonly string[]>;

interface Token {
  readonly access: Access;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** The guard at the door of a registry. */
export interface Guard {
  /** Undefined where the request may pass, else the challenge or refusal. */
  refusal(request: RegistryRequest): Answer | undefined;
  /** What the token service says. */
  token(request: RegistryRequest): Answer;
  /** Forgets all tokens. */
  revoke(): void;
}

/** What a guard goes by. */
export interface GuardOptions {
  readonly auth: RegistryAuth | undefined;
  /** URL of the token service; known once it listens. */
  readonly realm: () => string;
  readonly now: () => number;
}

/** A guard that holds the tokens it gives out. */
export function createGuard(options: GuardOptions): Guard {
  const { auth, now, realm } = options;
  const tokens = new Map<string, Token>();
  return {
    refusal(request) {
      // Storage goes by the signature in its URL.
      if (auth === undefined || request.kind === "token" || request.kind === "storage") {
        return undefined;
      }
      return auth.kind === "basic"
        ? basicRefusal(auth, request)
        : bearerRefusal(auth, request, { tokens, now, realm });
    },
    token(request) {
      if (auth?.kind !== "token") return failure("NAME_UNKNOWN", "there is no token service");
      return issue(
        auth,
        request,
        (token) => {
          const value = randomBytes(24).toString("base64url");
          tokens.set(value, { access: token, expiresAt: now() + lifetime(auth) * 1_000 });
          return value;
        },
        now,
      );
    },
    revoke() {
      tokens.clear();
    },
  };
}

function lifetime(auth: TokenAuth): number {
  return auth.expiresIn ?? 300;
}

/** What a request needs, as the distribution registry asks for it. */
function neededActions(request: RegistryRequest): readonly string[] {
  if (request.repository === undefined) return [];
  if (request.method === "GET" || request.method === "HEAD") return ["pull"];
  return request.method === "DELETE" ? ["delete"] : ["pull", "push"];
}

/** What this user (undefined: nobody) may do in a repository. */
function allowedActions(
  auth: RegistryAuth,
  username: string | undefined,
  repository: string,
): readonly string[] {
  const anonymous = auth.anonymousPull === true ? ["pull"] : [];
  if (username === undefined) return anonymous;
  const isOpen = auth.repositories?.includes(repository) ?? true;
  return isOpen ? ["pull", "push", "delete"] : anonymous;
}

function basicRefusal(auth: RegistryAuth, request: RegistryRequest): Answer | undefined {
  const login = basicLogin(request);
  const isUser = login?.username === auth.username && login.password === auth.password;
  const needed = neededActions(request);
  const repository = request.repository ?? "";
  if (isUser || (login === undefined && auth.anonymousPull === true)) {
    const allowed = allowedActions(auth, isUser ? auth.username : undefined, repository);
    if (needed.every((action) => allowed.includes(action))) return undefined;
    if (isUser) return failure("DENIED", `no access to ${repository}`);
  }
  const challenge = (auth.kind === "basic" ? auth.challenge : undefined) ?? 'realm="test registry"';
  const headers = { "www-authenticate": `Basic ${challenge}` };
  return failure("UNAUTHORIZED", "log in first", { headers });
}

function bearerRefusal(
  auth: TokenAuth,
  request: RegistryRequest,
  context: {
    readonly tokens: ReadonlyMap<string, Token>;
    readonly now: () => number;
    readonly realm: () => string;
  },
): Answer | undefined {
  const needed = neededActions(request);
  const shown = /^Bearer\s+(.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const token = context.tokens.get(shown ?? "");
  const isValid = token !== undefined && token.expiresAt > context.now();
  const granted = token?.access.get(request.repository ?? "") ?? [];
  const source = request.url.searchParams.get("from");
  const isMountable = source === null || token?.access.get(source)?.includes("pull") === true;
  if (isValid && isMountable && needed.every((action) => granted.includes(action))) {
    return undefined;
  }
  const mounted = source === null ? "" : ` repository:${source}:pull`;
  const scope = `repository:${request.repository ?? ""}:${needed.join(",")}${mounted}`;
  const parameters = [
    ["realm", auth.realmUrl ?? context.realm()],
    ["service", serviceOf(auth)],
    ...(needed.length === 0 ? [] : [["scope", scope]]),
    ...(shown === undefined ? [] : [["error", isValid ? "insufficient_scope" : "invalid_token"]]),
  ];
  const challenge = parameters.map(([name, value]) => `${name}="${value}"`).join(",");
  const headers = { "www-authenticate": `Bearer ${challenge}` };
  return failure("UNAUTHORIZED", "authentication required", { headers });
}

function serviceOf(auth: TokenAuth): string {
  return auth.service ?? "test-registry";
}

/** The answer of the token service; `store` keeps the access and names it with a token. */
function issue(
  auth: TokenAuth,
  request: RegistryRequest,
  store: (access: Access) => string,
  now: () => number,
): Answer {
  const isPost = request.method === "POST";
  const fields = isPost ? new URLSearchParams(request.body.toString()) : request.url.searchParams;
  const login = isPost ? postLogin(auth, fields) : getLogin(auth, request);
  if (login === "refused") {
    const headers = { "www-authenticate": 'Basic realm="test token service"' };
    return failure("UNAUTHORIZED", "wrong user name or password", { headers });
  }
  if (fields.get("service") !== serviceOf(auth)) {
    return json(400, { error: "invalid_request", error_description: "unknown service" });
  }
  const token = store(grant(auth, login === "anonymous" ? undefined : auth.username, fields));
  const isOffline =
    fields.get("offline_token") === "true" || fields.get("access_type") === "offline";
  const refresh =
    isOffline && login === "user" && auth.identityToken !== undefined
      ? { refresh_token: auth.identityToken }
      : {};
  // OAuth2 knows access_token only.
  const field = isPost ? "access_token" : auth.tokenField;
  return json(200, {
    ...(field === "access_token" ? {} : { token }),
    ...(field === "token" ? {} : { access_token: token }),
    expires_in: lifetime(auth),
    issued_at: new Date(now()).toISOString(),
    ...refresh,
  });
}

type LoginResult = "user" | "anonymous" | "refused";

function getLogin(auth: TokenAuth, request: RegistryRequest): LoginResult {
  const login = basicLogin(request);
  if (login === undefined) return auth.anonymousPull === true ? "anonymous" : "refused";
  return login.username === auth.username && login.password === auth.password ? "user" : "refused";
}

function postLogin(auth: TokenAuth, form: URLSearchParams): LoginResult {
  const isRefresh = form.get("grant_type") === "refresh_token";
  const isPassword = form.get("grant_type") === "password";
  if (isRefresh && auth.identityToken !== undefined) {
    return form.get("refresh_token") === auth.identityToken ? "user" : "refused";
  }
  const isUser = form.get("username") === auth.username && form.get("password") === auth.password;
  return isPassword && isUser ? "user" : "refused";
}

/** What is asked for and allowed. Scopes come as repeated fields or in one, split by spaces. */
function grant(auth: TokenAuth, username: string | undefined, fields: URLSearchParams): Access {
  const access = new Map<string, readonly string[]>();
  for (const scope of fields.getAll("scope").flatMap((field) => field.split(" "))) {
    const match = /^repository:(.+):([a-z,*]+)$/.exec(scope);
    const [, repository = "", actions = ""] = match ?? [];
    if (match === null) continue;
    const allowed = allowedActions(auth, username, repository);
    const asked = actions.split(",");
    const granted = allowed.filter((action) => asked.includes(action) || asked.includes("*"));
    access.set(repository, [...(access.get(repository) ?? []), ...granted]);
  }
  return access;
}

function basicLogin(
  request: RegistryRequest,
): { readonly username: string; readonly password: string } | undefined {
  const encoded = /^Basic\s+(.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0
    ? { username: text, password: "" }
    : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
