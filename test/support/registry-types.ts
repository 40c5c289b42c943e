/**
 * The types of the test registry: what it is started with, what it offers, what it logs, and the
 * faults that it can be told to have. No code; the parts that do the work are registry-*.ts.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";

/** What a request is about, read from its path. */
export type RequestKind =
  "ping" | "manifest" | "blob" | "storage" | "upload" | "tags" | "referrers" | "token" | "other";

/** The path of a request, taken apart. */
export interface Route {
  readonly kind: RequestKind;
  /** "team/manifests"; undefined for ping, token and other. */
  readonly repository?: string;
  /** Tag or digest of a manifest, digest of a blob, in storage too, or subject, id of an upload. */
  readonly reference?: string;
}

/** One request as the registry saw it. Listed on arrival, so requests under way are in the log. */
export interface LoggedRequest extends Route {
  readonly method: string;
  /** Path with query: "/v2/team/app/tags/list?n=2". */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The Host header: what the client believes it talks to. */
  readonly host: string;
  /** The server that took it; "token" is a token service on a port of its own. */
  readonly server: "registry" | "token";
  /** The scheme of the Authorization header. */
  readonly authorization: "none" | "basic" | "bearer" | "other";
  /** Body of a token request (a form), for asserting on grants. */
  readonly form?: string;
  /** What was answered; undefined where no status line was sent (reset, stall, still at work). */
  readonly status?: number;
  /** Milliseconds since 1970, on arrival. */
  readonly at: number;
}

/** Selects requests of the log; what is left out matches everything. */
export interface RequestFilter {
  readonly method?: string;
  readonly kind?: RequestKind;
  readonly repository?: string;
  /** A tag or digest, or a test of it. */
  readonly reference?: string | ((reference: string) => boolean);
  readonly status?: number;
}

/** What goes wrong with a request. Faults not said to replace the answer change the true one. */
export type Fault =
  /** Answers this instead. An object is sent as JSON. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: Uint8Array | string | object;
    }
  /** Destroys the connection: before the status line, or after this many bytes of the body. */
  | { readonly kind: "reset"; readonly afterBytes?: number }
  /** Falls silent, connection open: before the status line, or after this many bytes of the body. */
  | { readonly kind: "stall"; readonly afterBytes?: number }
  /** Other bytes under the true headers; Content-Length follows the bytes. */
  | { readonly kind: "body"; readonly bytes: Uint8Array | ((body: Uint8Array) => Uint8Array) }
  /** Sets headers (lower-case names) of the true answer; undefined removes one. */
  | { readonly kind: "headers"; readonly set: Readonly<Record<string, string | undefined>> }
  /** Another Docker-Content-Digest, or none. */
  | { readonly kind: "digestHeader"; readonly value?: string }
  /** Answers a redirect instead; 307 where no status is given. */
  | {
      readonly kind: "redirect";
      readonly location: string | ((request: LoggedRequest) => string);
      readonly status?: number;
    }
  /** A Content-Length that is not the body's; the connection is closed after the true body. */
  | { readonly kind: "contentLength"; readonly value: number }
  /** Answers to a Range request otherwise than asked; see {@link RangeFault}. */
  | { readonly kind: "range"; readonly how: RangeFault }
  /** Waits, then gives the true answer. */
  | { readonly kind: "delay"; readonly milliseconds: number }
  /** Does what is asked, and destroys the connection without an answer. */
  | { readonly kind: "unanswered" }
  /** Destroys the connection after this many bytes of the request's body; an upload keeps them, or not. */
  | { readonly kind: "cutBody"; readonly afterBytes: number; readonly isKept?: boolean }
  /** Ends the body in good order (chunked, no Content-Length) after this many bytes. */
  | { readonly kind: "truncate"; readonly bytes: number }
  /** Never ends the body: repeats it (or zeros, where it is empty) for as long as anyone reads. */
  | { readonly kind: "endless" }
  /** Leaves request and response to the test; the body of the request is not read. */
  | {
      readonly kind: "handler";
      readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
    };

/**
 * - `ignored`: 200 with the whole blob.
 * - `shifted`: 206 that begins one byte later than asked, and says so in Content-Range.
 * - `restarted`: 206 labeled as asked, with bytes from the beginning of the blob.
 * - `unlabeled`: 206 with the right bytes and no Content-Range.
 * - `refused`: 416.
 */
export type RangeFault = "ignored" | "shifted" | "restarted" | "unlabeled" | "refused";

/** Which requests meet a fault. The first plan that matches (and is not used up) wins. */
export interface FaultPlan extends Omit<RequestFilter, "status"> {
  /** Any further condition. */
  readonly where?: (request: LoggedRequest) => boolean;
  /** Requests that it applies to: those that authentication lets pass, refuses, or both. Default `authorized`. */
  readonly when?: "authorized" | "refused" | "any";
  /** Matching requests to let pass first. Default 0. */
  readonly skip?: number;
  /** Matching requests to spoil after those. Default: all. */
  readonly times?: number;
  readonly then: Fault;
}

/** A plan at work. */
export interface ActiveFault {
  /** Requests that met all conditions, the skipped ones included. */
  readonly matched: number;
  /** Requests that were spoiled. */
  readonly applied: number;
  remove(): void;
}

/** How the registry wants to be asked. */
export type RegistryAuth = BasicAuth | TokenAuth;

interface Login {
  readonly username: string;
  readonly password: string;
  /** Whether pulling needs no login. Default false. */
  readonly anonymousPull?: boolean;
  /** The repositories that the user may use. Default: all. */
  readonly repositories?: readonly string[];
}

/** Basic authentication at each request. */
export interface BasicAuth extends Login {
  readonly kind: "basic";
  /** What follows `Basic ` in the challenge. Default `realm="test registry"`. */
  readonly challenge?: string;
}

/** https://distribution.github.io/distribution/spec/auth/token/ and …/oauth/ */
export interface TokenAuth extends Login {
  readonly kind: "token";
  /** Where the token service listens: at /token of the registry, or on a port of its own. Default `same`. */
  readonly realm?: "same" | "separate";
  /** Realm as the challenge names it, where that is not the address it listens at. */
  readonly realmUrl?: string;
  /** Name of the token in the answer, where it is not given under both. */
  readonly tokenField?: "token" | "access_token";
  /** Name in the challenge. Default "test-registry". */
  readonly service?: string;
  /** Seconds that a token lives, and says so. Default 300. */
  readonly expiresIn?: number;
  /** Refresh token that an OAuth2 POST may show instead of the password. */
  readonly identityToken?: string;
}

/** PEM texts of the server; with `clientAuthority`, clients must show a certificate of it. */
export interface RegistryTls {
  readonly key: string;
  readonly cert: string;
  readonly clientAuthority?: string;
}

/** Blobs are answered by a redirect to storage: a URL that is signed for GET and expires. */
export interface BlobStorage {
  /** What the signed path is appended to: "https://bucket.example", or a path of the registry. */
  readonly url: string;
  readonly status: 302 | 303 | 307;
  /** Seconds that a signed URL lives. Default 300. */
  readonly lifetime?: number;
  /** Answers 400 to a request with Authorization: the signature is one already. */
  readonly refusesAuthorization?: boolean;
}

/** How uploads go, where that is not the plainest way. */
export interface UploadQuirks {
  /** Where uploads lead: a path (`relative`, default), a URL, or somewhere else. */
  readonly location?: "relative" | "absolute" | ((path: string) => string);
  /** Bytes, as the answer to POST names them; smaller ones, but for the last, and larger are refused. */
  readonly leastChunk?: number;
  readonly mostChunk?: number;
  /** Status of the answer to PATCH. */
  readonly refusesChunks?: number;
  /** Takes chunks, and keeps the first one only. */
  readonly losesChunks?: boolean;
  /** Answers a mount with an upload. */
  readonly mountsNothing?: boolean;
}

/** How a registry differs from the specification. Profiles of known registries are rows of this. */
export interface RegistryQuirks {
  /** Sends no Docker-Content-Digest. */
  readonly omitContentDigest?: boolean;
  /** Answers 404 to the referrers API, as before version 1.1 of the specification. */
  readonly omitReferrers?: boolean;
  /** Tags a page has where no `n` (or a larger one) is asked for. Default: all. */
  readonly tagsPerPage?: number;
  /** Form of the Link header, or what it says in place of the true URL. Default `relative`. */
  readonly link?: "relative" | "absolute" | ((next: URL) => string);
  /** Blobs lie elsewhere. */
  readonly blobs?: BlobStorage;
  readonly uploads?: UploadQuirks;
  /** Status of the answer to a PUT that would move a tag. */
  readonly immutableTags?: number;
  /** Status of the answer to any DELETE. */
  readonly refusesDeletion?: number;
  /** Repositories are not made by a push: one that is not there is unknown. */
  readonly wantsRepository?: boolean;
  /** A cache that knows a repository only once a manifest was got from it by tag. */
  readonly isPullThrough?: boolean;
}

/** What a registry is started with; nothing is required. */
export interface RegistryOptions {
  /** Serves HTTPS; plain HTTP where absent. */
  readonly tls?: RegistryTls;
  /** Default: everybody may do everything. */
  readonly auth?: RegistryAuth;
  readonly quirks?: RegistryQuirks;
  /** Port to listen on. Default 0: any that is free. */
  readonly port?: number;
  /** Milliseconds since 1970; the clock of token expiry. Default `Date.now`. */
  readonly now?: () => number;
}

/** A manifest as stored: its bytes are never changed or checked. */
export interface StoredManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** One repository, reached without HTTP: nothing here is logged, authenticated or checked. */
export interface TestRepository {
  readonly name: string;
  /** Stores bytes under their sha256, or under `digest` (sha512; or a lie). Returns the digest. */
  putBlob(bytes: Uint8Array | string, digest?: string): string;
  /**
   * Stores a manifest under its sha256, or under `digest`, and tags it. An object is stored as
   * JSON; the media type is its `mediaType` where none is given, else the OCI manifest's.
   */
  putManifest(
    document: Uint8Array | string | object,
    options?: { readonly tag?: string; readonly mediaType?: string; readonly digest?: string },
  ): string;
  /** Sets or moves a tag. */
  tag(tag: string, digest: string): void;
  /** Whether there was such a tag to remove. */
  untag(tag: string): boolean;
  deleteBlob(digest: string): boolean;
  /** Removes the manifest and its tags. */
  deleteManifest(digest: string): boolean;
  /** In lexical order. */
  tags(): readonly string[];
  blob(digest: string): Uint8Array | undefined;
  /** By tag or digest. */
  manifest(reference: string): StoredManifest | undefined;
  manifests(): readonly StoredManifest[];
}

/** A running registry. */
export interface TestRegistry {
  /** "http://127.0.0.1:41234". */
  readonly url: string;
  /** "127.0.0.1:41234". */
  readonly host: string;
  /** "localhost:41234", the same server. */
  readonly localhost: string;
  readonly port: number;
  /** The realm: "http://127.0.0.1:41234/token"; undefined without token authentication. */
  readonly tokenUrl: string | undefined;
  /** All requests since the start or the last `clearRequests`, by arrival. Grows as they come. */
  readonly requests: readonly LoggedRequest[];
  /** The requests that match. */
  matching(filter?: RequestFilter): readonly LoggedRequest[];
  /** How many requests match. */
  count(filter?: RequestFilter): number;
  clearRequests(): void;
  /** Adds a plan after those that are there. */
  fault(plan: FaultPlan): ActiveFault;
  clearFaults(): void;
  /** The repository of that name; made where there is none. */
  repository(name: string): TestRepository;
  /** Makes all tokens invalid that were given out so far. */
  revokeTokens(): void;
  /** Plays dead: destroys all connections and refuses new ones. Content, log and port stay. */
  stop(): Promise<void>;
  /** Comes back on the same port. */
  start(): Promise<void>;
  /** Ends for good; may be called twice. */
  close(): Promise<void>;
}
