/**
 * Publishes an artifact to any registry, by the requests of the distribution specification. Knows
 * Basic authentication and nothing else; never follows a redirect and never retries.
 *
 * Rule: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#push
 */
import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { isDigest } from "../../provider/digest";
import { OciError } from "../../provider/errors";
import { buildArtifact, type Artifact, type ArtifactContent } from "./artifacts";

/** How the registry is reached. */
export interface PushOptions {
  /** Default "http". */
  readonly scheme?: "http" | "https";
  /** With `password`, sent as Basic authentication. */
  readonly username?: string;
  readonly password?: string;
  /** PEM text of the authority to trust, for https. */
  readonly certificateAuthority?: string;
}

interface Exchange {
  readonly method: "HEAD" | "POST" | "PUT";
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Statuses that are no error. */
  readonly expected: readonly number[];
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Pushes blobs that are not there yet, then manifests from the leaves up, the last one under the tag
 * (or its digest, without one). A registry files what is pushed by tag under its sha256.
 *
 * @param host - Host and port: "localhost:5000".
 * @throws OciError `REGISTRY` where an answer is not the one of the specification.
 */
export async function pushOverHttp(
  host: string,
  repository: string,
  tag: string | undefined,
  content: ArtifactContent | Artifact,
  options: PushOptions = {},
): Promise<Artifact> {
  const artifact = "blobs" in content ? content : buildArtifact(content);
  for (const child of artifact.children) {
    await pushOverHttp(host, repository, undefined, child, options);
  }
  const base = new URL(`${options.scheme ?? "http"}://${host}/v2/${repository}/`);
  for (const [digest, bytes] of artifact.blobs) await pushBlob(base, digest, bytes, options);
  const reference = tag ?? artifact.digest;
  const url = new URL(`manifests/${reference}`, base);
  const headers = { "content-type": artifact.mediaType };
  const body = artifact.manifest;
  await exchange({ method: "PUT", url, headers, body, expected: [201] }, options);
  return artifact;
}

async function pushBlob(
  base: URL,
  digest: string,
  bytes: Uint8Array,
  options: PushOptions,
): Promise<void> {
  const existing = new URL(`blobs/${digest}`, base);
  const head = await exchange({ method: "HEAD", url: existing, expected: [200, 404] }, options);
  if (head.status === 200) return;
  const url = new URL("blobs/uploads/", base);
  const begun = await exchange({ method: "POST", url, expected: [202] }, options);
  const location = new URL(begun.headers.location ?? "", url);
  location.searchParams.set("digest", digest);
  const headers = { "content-type": "application/octet-stream" };
  await exchange({ method: "PUT", url: location, headers, body: bytes, expected: [201] }, options);
}

function exchange(what: Exchange, options: PushOptions): Promise<Reply> {
  const { body = new Uint8Array(), expected, headers = {}, method, url } = what;
  const { certificateAuthority, password, username } = options;
  const login = username === undefined ? {} : { auth: `${username}:${password ?? ""}` };
  const length = method === "HEAD" ? {} : { "content-length": String(body.length) };
  // One connection a request: nothing stays open when the last answer has come.
  const request: RequestOptions = {
    method,
    headers: { ...length, ...headers },
    agent: false,
    ...login,
  };
  return new Promise((resolve, reject) => {
    const sent =
      url.protocol === "https:"
        ? httpsRequest(url, { ...request, ca: certificateAuthority })
        : httpRequest(url, request);
    sent.on("error", reject);
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("error", reject);
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const status = response.statusCode ?? 0;
        if (expected.includes(status)) resolve({ status, headers: response.headers });
        else reject(refused(what, status, Buffer.concat(chunks).toString()));
      });
    });
    sent.end(body);
  });
}

function refused(what: Exchange, status: number, body: string): OciError {
  const last = what.url.pathname.split("/").at(-1) ?? "";
  return new OciError({
    code: "REGISTRY",
    verb: "push to",
    subject: what.url.host,
    fact: `${what.method} of ${isDigest(last) ? last : what.url.pathname} was answered with ${status}`,
    details: body === "" ? [] : [body],
    status,
  });
}
