/**
 * The life of the resource as the engine drives it: check, diff, create, read, update, delete. It
 * knows no host: the dynamic provider today, another tomorrow, calls the same functions. The order
 * of decisions is here; the road itself is in pull.ts.
 */
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Report } from "../context";
import { digestProblem } from "../digest";
import { OciError, systemCode } from "../errors";
import { limitsWith, type Limits } from "../limits";
import { pull, treeNameOf, type Pulled, type PullRequest } from "../pull";
import { formatReference } from "../reference/format";
import type { Confirmations } from "../store/confirmations";
import { keptDigest } from "../tag-moves";
import type { World } from "../world";
import { checkNames } from "./check-inputs";
import { INPUT_ROWS, storedInputs, type CheckedInputs } from "./inputs";
import { hasUnknown, UNKNOWN } from "./known";
import { movedMessage } from "./moved";
import { OUTPUTS, outputsOf } from "./outputs";
import { followsTag, readInputs, type ReadInputs } from "./read-inputs";
import { requestOf } from "./request";
import { isFingerprintOf, parseRunOptions, RUN_KEY, type RunOptions } from "./run-options";

export type Properties = Readonly<Record<string, unknown>>;

/** What the host of the lifecycle provides. */
export interface Host {
  world(directory: string): World;
  /** Where the reasons and warnings of a resource go. */
  report(urn: string): Report;
  readonly confirmations: Confirmations;
  /** The program's directory, where the class did not tell it. */
  readonly directory: string;
}

/** Either inputs with the outputs injected, or why not: all failures at once. */
export interface CheckAnswer {
  readonly inputs: Properties;
  readonly failures: readonly string[];
}

export interface Lifecycle {
  check(olds: Properties, news: Properties, signal: AbortSignal): Promise<CheckAnswer>;
  diff(id: string, olds: Properties, news: Properties): Promise<{ readonly changes: boolean }>;
  create(
    inputs: Properties,
    signal: AbortSignal,
  ): Promise<{ readonly id: string; readonly outs: Properties }>;
  update(id: string, news: Properties, signal: AbortSignal): Promise<{ readonly outs: Properties }>;
  delete(id: string): Promise<void>;
}

/**
 * What a change is judged by. Other outputs follow from these, and one that a later version adds
 * must not show up as a diff of resources that nobody touched.
 */
const DIFFED = [
  ...[...INPUT_ROWS].filter(([, row]) => row.group === "what").map(([name]) => name),
  "manifestDigest",
  "path",
];

/** How to get a tree again, kept from check to create: transport and credentials stay in memory. */
interface Remembered {
  readonly request: PullRequest;
  readonly limits: Limits;
  readonly directory: string;
  readonly urn: string;
}

/** The lifecycle of `OciArtifact` on a host. */
export function createLifecycle(host: Host): Lifecycle {
  const remembered = new Map<string, Remembered>();

  const place = async (id: string, inputs: Properties, signal: AbortSignal): Promise<void> => {
    const path = String(inputs["path"]);
    const memory = remembered.get(path);
    const world = host.world(memory?.directory ?? host.directory);
    if (memory !== undefined) {
      // Usually one look: check has placed the tree. It may have been removed since.
      const context = { settings: world.settings, limits: memory.limits, signal };
      await pull(memory.request, world, { ...context, report: host.report(memory.urn) });
    }
    await world.claims.claim(id, treeNameOf(path));
    // Nobody waits for it: what it does not get done is for the next run.
    void world.tidy();
  };

  return Object.freeze({
    async check(olds: Properties, news: Properties, signal: AbortSignal) {
      const run = parseRunOptions(news[RUN_KEY]);
      const given = givenInputs(news);
      if (hasUnknown(given)) return unknownAnswer(given);
      const read = readInputs(given);
      if ("failures" in read) return { inputs: {}, failures: read.failures };

      const { inputs, reference } = read;
      const report = host.report(run?.urn ?? "");
      const directory = run?.directory ?? host.directory;
      const world = host.world(directory);
      const known = olds["reference"] === inputs.reference ? knownDigest(olds) : undefined;
      const choice = await chooseDigest(read, given, known, run, host.confirmations);
      warnOfHonoredDigest(olds, inputs, report);
      const request: PullRequest = {
        ...(await requestOf(read, directory)),
        digest: choice.digest,
        tagDigest: choice.tagDigest,
        outage: choice.outage,
        known,
      };
      const limits = limitsWith(inputs.limits);
      const context = { settings: world.settings, limits, report, signal };
      const pulled = await pull(request, world, context);
      if (run?.preview === true && followsTag(read) && !run.dependsOn) {
        await host.confirmations
          .confirm(run.urn, inputs.reference, pulled.digest)
          .catch((error: unknown) => {
            report.warning(
              `what this preview shows cannot be recorded (${systemCode(error) ?? String(error)}), so an update asks for the tag anew; make the cache writable`,
            );
          });
      }
      if (!choice.isConfirmed) await sayWhatMoved(olds, read, pulled, world, report);
      remembered.set(pulled.path, {
        request: againByDigest(request, pulled),
        limits,
        directory,
        urn: run?.urn ?? "",
      });
      return { inputs: { ...storedInputs(inputs), ...outputsOf(reference, pulled) }, failures: [] };
    },

    async diff(id: string, olds: Properties, news: Properties) {
      const changes = DIFFED.some((name) => !isDeepStrictEqual(olds[name], news[name]));
      const { path } = news;
      if (!changes && typeof path === "string") {
        const world = host.world(remembered.get(path)?.directory ?? host.directory);
        // A fresh checkout knows no claims yet. A claim guards against removal only: no error.
        await world.claims.claim(id, treeNameOf(path)).catch(() => undefined);
        void world.tidy();
      }
      return { changes };
    },

    async create(inputs: Properties, signal: AbortSignal) {
      const id = randomUUID();
      await place(id, inputs, signal);
      return { id, outs: inputs };
    },

    async update(id: string, news: Properties, signal: AbortSignal) {
      await place(id, news, signal);
      return { outs: news };
    },

    async delete(id: string) {
      await host.world(host.directory).claims.release(id);
    },
  });
}

/** Without hidden inputs, and without outputs that `ignoreChanges` copies from the old inputs. */
function givenInputs(news: Properties): Properties {
  return Object.fromEntries(
    Object.entries(news).filter(
      ([name]) => !name.startsWith("__") && (INPUT_ROWS.has(name) || !(name in OUTPUTS)),
    ),
  );
}

/** In a preview, what depends on an unknown input is unknown; only wrong names are wrong already. */
function unknownAnswer(given: Properties): CheckAnswer {
  const outputs = Object.fromEntries(Object.keys(OUTPUTS).map((name) => [name, UNKNOWN]));
  return { inputs: { ...outputs, ...storedInputs(given) }, failures: checkNames(given) };
}

/** The same content once more: the tag has been judged, and is not asked for again. */
function againByDigest(request: PullRequest, { digest }: Pulled): PullRequest {
  const { tag: _tag, ...repository } = request.reference;
  const { platform, selection, transport } = request;
  return { reference: { ...repository, digest }, digest, platform, selection, transport };
}

interface DigestChoice {
  readonly digest: string | undefined;
  /** It is what the preview of this run has shown. */
  readonly isConfirmed: boolean;
  /** What else the program found out ahead. */
  readonly tagDigest?: string | undefined;
  readonly outage?: OciError | undefined;
}

/** A given digest first, then what the preview of this run showed, then what was resolved ahead. */
async function chooseDigest(
  read: ReadInputs,
  given: Properties,
  known: string | undefined,
  run: RunOptions | undefined,
  confirmations: Confirmations,
): Promise<DigestChoice> {
  const { inputs, reference } = read;
  const kept = keptDigest({ onTagMove: inputs.onTagMove, known });
  const pin = inputs.digest ?? reference.digest ?? kept;
  if (run === undefined || run.dependsOn) return { digest: pin, isConfirmed: false };
  if (pin === undefined && !run.preview) {
    const confirmed = await confirmations.confirmed(run.urn, inputs.reference);
    if (confirmed !== undefined) return { digest: confirmed, isConfirmed: true };
  }
  const { ahead } = run;
  if (ahead === undefined || !isFingerprintOf(ahead.fingerprint, given)) {
    return { digest: pin, isConfirmed: false };
  }
  return {
    digest: pin ?? ahead.digest,
    isConfirmed: false,
    tagDigest: ahead.tagDigest,
    outage: ahead.outage === undefined ? undefined : new OciError(ahead.outage),
  };
}

function knownDigest(olds: Properties): string | undefined {
  const { digest } = olds;
  return typeof digest === "string" && digestProblem(digest) === undefined ? digest : undefined;
}

/** `ignoreChanges: ["digest"]` brings the old digest along, also to another reference. */
function warnOfHonoredDigest(olds: Properties, inputs: CheckedInputs, report: Report): void {
  const { reference, digest } = olds;
  if (typeof reference !== "string" || reference === inputs.reference) return;
  if (inputs.digest === undefined || inputs.digest !== digest) return;
  report.warning(
    `the digest ${inputs.digest} came with ${reference} and is kept, although the reference is now ${inputs.reference}`,
  );
}

async function sayWhatMoved(
  olds: Properties,
  read: ReadInputs,
  pulled: Pulled,
  world: World,
  report: Report,
): Promise<void> {
  const { inputs, reference } = read;
  const before = knownDigest(olds);
  if (before === undefined || before === pulled.digest) return;
  const oldPath = olds["path"];
  const receipt =
    typeof oldPath === "string" ? await world.trees.receipt(treeNameOf(oldPath)) : undefined;
  report.info(
    movedMessage({
      subject: formatReference(reference),
      isSameReference: olds["reference"] === inputs.reference && followsTag(read),
      before,
      after: pulled.digest,
      oldFiles: receipt?.entries ?? olds["files"],
      newFiles: pulled.tree.entries,
    }),
  );
}
