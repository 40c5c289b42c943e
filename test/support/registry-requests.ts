/**
 * Requests and documents that the tests of the test registry share. Asserts nothing.
 */
import { digestOf } from "../../provider/digest";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

/** The codes of an error body. */
export async function codeOf(response: Response): Promise<string> {
  const body = (await response.json()) as { errors: { code: string; message: string }[] };
  return body.errors.map((error) => error.code).join();
}

/** A manifest over text layers, as text. */
export function manifestOf(layers: readonly string[], more: object = {}): string {
  const described = layers.map((bytes) => ({
    mediaType: "text/plain",
    digest: digestOf(bytes),
    size: bytes.length,
  }));
  return JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, layers: described, ...more });
}

/** Pushes a manifest; `base` is the URL of a repository. */
export function putManifest(base: string, reference: string, body: string): Promise<Response> {
  const headers = { "content-type": MANIFEST };
  return fetch(`${base}/manifests/${reference}`, { method: "PUT", headers, body });
}
