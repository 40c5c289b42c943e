/**
 * A source of signatures over the real client: one repository of one registry. Verifies nothing.
 */
import type { Context } from "../../provider/context";
import { OciError } from "../../provider/errors";
import type { RegistryClient } from "../../provider/registry/client";
import type { Endpoint } from "../../provider/types";
import type { SignatureSource } from "../../provider/verify/find-candidates";

/** Asks the endpoint; only "not found" is nothing. */
export function sourceAt(
  client: RegistryClient,
  endpoint: Endpoint,
  context: Context,
): SignatureSource {
  return {
    subject: `${endpoint.registry}/${endpoint.repository}`,
    manifest: (reference) => unlessMissing(client.getManifest(endpoint, reference, context)),
    referrers: (digest) => client.getReferrers(endpoint, digest, context),
    blob: (descriptor) => unlessMissing(collect(client.getBlob(endpoint, descriptor, context))),
  };
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof OciError && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}

async function collect(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}
