/**
 * What the tests of pushing share: a writer that never sleeps, blobs, and the traffic of a push in
 * lines. No assertions.
 */
import { Readable } from "node:stream";
import type { TestContext } from "node:test";
import type { Context } from "../../provider/context";
import { digestOf } from "../../provider/digest";
import { DEFAULT_LIMITS } from "../../provider/limits";
import { type ClientOptions, openAsking } from "../../provider/registry/asking";
import { clientOf, type RegistryClient } from "../../provider/registry/client";
import type { BlobSource } from "../../provider/registry/push-source";
import {
  createRegistryWriter,
  type Origin,
  type RegistryWriter,
} from "../../provider/registry/writer";
import type { Credential, Endpoint } from "../../provider/types";
import type { LoggedRequest, TestRegistry } from "../support/registry-types";
import { recordReport, type RecordedReport } from "../support/report-for-test";
import { BARE, endpointAt } from "./world";

/** Token authentication of the login that tests use. */
export const TOKEN = { kind: "token", username: "robot$x", password: "correct horse" } as const;

export interface PushWorld {
  readonly client: RegistryClient;
  readonly writer: RegistryWriter;
  readonly context: Context;
  readonly report: RecordedReport;
  /** Milliseconds of each pause that was asked for. */
  readonly pauses: readonly number[];
}

export interface PushWorldOptions extends ClientOptions {
  /** What the machine holds. */
  readonly ambient?: Credential;
  readonly signal?: AbortSignal;
}

/** Closes with the test. */
export function openPushWorld(t: TestContext, options: PushWorldOptions = {}): PushWorld {
  const pauses: number[] = [];
  const asking = openAsking(BARE, {
    findCredential: () => Promise.resolve(options.ambient),
    wait: (milliseconds) => {
      pauses.push(milliseconds);
      return Promise.resolve();
    },
    ...options,
  });
  t.after(() => asking.close());
  const report = recordReport();
  const signal = options.signal ?? new AbortController().signal;
  const context = { settings: BARE, limits: DEFAULT_LIMITS, report, signal };
  return {
    client: clientOf(asking),
    writer: createRegistryWriter(asking),
    context,
    report,
    pauses,
  };
}

/** The registry itself; plain HTTP unless told otherwise. */
export function originAt(host: string, more: Partial<Endpoint> = {}): Origin {
  return { ...endpointAt(host, more), role: "origin" };
}

/** A blob in memory, and from which bytes on it was read. */
export interface TestBlob extends BlobSource {
  readonly bytes: Buffer;
  readonly starts: readonly number[];
}

/** In pieces of 64 KiB, as files come. */
export function blobOf(bytes: Buffer | string, digest = digestOf(bytes)): TestBlob {
  const content = Buffer.from(bytes);
  const starts: number[] = [];
  const openAt = (start: number): Readable => {
    starts.push(start);
    return Readable.from(pieces(content.subarray(start)), { objectMode: false });
  };
  return {
    descriptor: { mediaType: "text/plain", digest, size: content.length, annotations: {} },
    bytes: content,
    starts,
    open: () => openAt(0),
    openAt,
  };
}

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += 65_536) {
    yield bytes.subarray(start, start + 65_536);
  }
}

/** "PATCH upload 0-99 202", "PUT manifest 1 201", by arrival. */
export function trafficOf({ requests }: Pick<TestRegistry, "requests">): readonly string[] {
  return requests.map(lineOf);
}

function lineOf({ method, kind, headers, reference = "", status }: LoggedRequest): string {
  const what = {
    upload: headers["content-range"] ?? (method === "PUT" ? headers["content-length"] : undefined),
    manifest: reference.startsWith("sha256:") ? "@" : reference,
  };
  const detail = kind === "upload" || kind === "manifest" ? what[kind] : undefined;
  return [method, kind, ...(detail === undefined ? [] : [detail]), status ?? "-"].join(" ");
}
