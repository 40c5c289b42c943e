/**
 * Storage behind the test registry: gives out signed URLs of blobs, and answers them as the object
 * stores of the clouds do. The URL is all that it goes by; it never sees who may pull what.
 */
import { randomBytes } from "node:crypto";
import { empty, type Answer, type RegistryRequest } from "./registry-answer";
import { blobAnswer } from "./registry-pull";
import type { RegistryStore } from "./registry-store";
import type { BlobStorage } from "./registry-types";

/** The signed URLs of one registry. */
export interface SignedUrls {
  /** The redirect to a fresh URL of the blob that the request asks for. */
  redirect(request: RegistryRequest): Answer;
  /** The answer of storage to a request of such a URL. */
  answer(request: RegistryRequest): Answer;
}

interface Signed {
  readonly repository: string;
  readonly digest: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** No URL is signed yet. */
export function createSignedUrls(
  { url, status, lifetime = 300, refusesAuthorization = false }: BlobStorage,
  store: RegistryStore,
  now: () => number,
): SignedUrls {
  const urls = new Map<string, Signed>();
  return {
    redirect({ reference: digest = "", repository = "" }) {
      const signature = randomBytes(12).toString("base64url");
      urls.set(signature, { repository, digest, expiresAt: now() + lifetime * 1_000 });
      return empty(status, { location: `${url}/signed/${digest}?signature=${signature}` });
    },
    answer(request) {
      const signed = urls.get(request.url.searchParams.get("signature") ?? "");
      if (signed === undefined || signed.digest !== request.reference) return empty(403);
      // The method is part of what is signed.
      if (signed.expiresAt <= now() || request.method !== "GET") return empty(403);
      if (refusesAuthorization && request.headers.authorization !== undefined) return empty(400);
      const bytes = store.repository(signed.repository).blob(signed.digest);
      return bytes === undefined ? empty(404) : blobAnswer(request, bytes);
    },
  };
}
