/**
 * The check of a resource: from the inputs of a program to checked inputs with the outputs injected.
 * It resolves and pulls into the store, which is a cache, and looks at destinations; of the user's
 * files it changes none.
 */
import { SILENT, type Context, type Report } from "../context";
import { systemCode } from "../errors";
import { limitsWith, type Limits } from "../limits";
import type { Meaning } from "../meanings";
import { locate, pull, type Located, type Pulled, type PullRequest } from "../pull";
import type { DestinationState } from "../store/placing";
import { treeNameOf } from "../tree-key";
import type { World } from "../world";
import { checkNames } from "./check-inputs";
import { chooseDigest, knownDigest, recordedFor, warnOfHonoredDigest } from "./choose-digest";
import { identityOf } from "./identity";
import { isToCome } from "./push/to-come";
import { INPUT_ROWS, storedInputs } from "./inputs";
import { hasUnknown, UNKNOWN } from "./known";
import type { Host, Properties } from "./lifecycle";
import { locked } from "./locked";
import { movedMessage } from "./moved";
import { CONTENT_OUTPUTS, manifestOutputs, OUTPUTS, outputsOf, placedAtOf } from "./outputs";
import { servedText } from "./served-text";
import { isSameDestination, type Placement, type Placements } from "./placement";
import { followsTag, readInputs, type ReadInputs } from "./read-inputs";
import { requestOf } from "./request";
import { parseRunOptions, RUN_KEY, type RunOptions } from "./run-options";

/** Either inputs with the outputs injected, or why not: all failures at once. */
export interface CheckAnswer {
  readonly inputs: Properties;
  readonly failures: readonly string[];
}

/** How to get the content again, kept from check to create: transport and credentials stay in memory. */
export interface Checked {
  readonly request: PullRequest;
  readonly limits: Limits;
  readonly directory: string;
  readonly urn: string;
  /** Where the inputs have a destination. */
  readonly placement: Placement | undefined;
  /** The copy there is not as it should be. */
  readonly isDue: boolean;
}

/** What the engine passes to a check. */
interface Given {
  /** The checked inputs of the state. */
  readonly olds: Properties;
  readonly news: Properties;
}

/** What all steps of one check share. */
interface Work extends ReadInputs {
  readonly olds: Properties;
  readonly run: RunOptions | undefined;
  readonly directory: string;
  readonly world: World;
  readonly report: Report;
}

/** @throws OciError what a pull throws, and what stands in the way of a destination. */
export async function check(
  { olds, news }: Given,
  host: Host,
  placements: Placements,
  signal: AbortSignal,
): Promise<CheckAnswer & { readonly checked?: Checked }> {
  const run = parseRunOptions(news[RUN_KEY]);
  const given = givenInputs(news);
  if (hasUnknown(given)) return unknownAnswer(given);
  const valid = readInputs(given);
  if ("failures" in valid) return { inputs: {}, failures: valid.failures };

  const directory = run?.directory ?? host.directory;
  const read = await locked(valid, directory);
  const { inputs } = read;
  const world = host.world(directory);
  const report = host.report(run?.urn ?? "");
  const work: Work = { ...read, olds, run, directory, world, report };
  const recorded = recordedFor(inputs, olds);
  const choice = await chooseDigest(read, given, recorded, run, host.confirmations);
  warnOfHonoredDigest(olds, inputs, report);
  const { digest, chosen, tagDigest, isJudged, outage } = choice;
  const { configuration } = world;
  // What the program pulled ahead, it has also warned about.
  const said = run?.ahead === undefined ? report : SILENT;
  const asked = await requestOf(read, digest, { configuration, directory, report: said });
  const known = { known: recorded?.digest, recorded: recorded?.chosen };
  const request = { ...asked, chosen, tagDigest, isJudged, outage, ...known };
  const limits = limitsWith(inputs.limits);
  const context = { settings: world.settings, limits, report, signal };
  const found = await bring(request, work, context).catch((error: unknown) => {
    if (run?.preview === true && isToCome(error, request.reference, host)) return undefined;
    throw error;
  });
  if (found === undefined) return unknownAnswer(given);
  await confirm(found, work, host);
  sayWhoServed(servedText(found, request, world.health) ?? choice.served, found, work);
  if (!choice.isConfirmed) await sayWhatMoved(found, work);
  const placement = placementOf(found, work, placements);
  const copy = await placement?.look();
  const placed = placedAt(found, work, copy);
  const again = againByDigest(request, found);
  return {
    inputs: { ...storedInputs(inputs), ...outputs(found, olds), ...placed },
    failures: [],
    checked: {
      request: again,
      limits,
      directory,
      urn: run?.urn ?? "",
      placement,
      isDue: copy?.state === "due",
    },
  };
}

/** Pulls; in a preview that must not pull what is new, only locates. */
async function bring(
  request: PullRequest,
  { inputs, run, world }: Work,
  context: Context,
): Promise<Located | Pulled> {
  const mayPull = inputs.pullOnPreview !== false || run?.preview !== true;
  return mayPull ? await pull(request, world, context) : await locate(request, world, context);
}

/** Records what this preview shows, for the update of the same run. */
async function confirm(found: Located, work: Work, host: Host): Promise<void> {
  const { run, inputs, report } = work;
  if (run?.preview !== true || !followsTag(work) || run.dependsOn) return;
  const asked = identityOf({ ...inputs });
  await host.confirmations.confirm(run.urn, asked, found).catch((error: unknown) => {
    report.warning(
      `what this preview shows cannot be recorded (${systemCode(error) ?? String(error)}), so an update asks for the tag anew; make the cache writable`,
    );
  });
}

function placementOf(
  found: Located | Pulled,
  { inputs, olds, run, directory, world }: Work,
  placements: Placements,
): Placement | undefined {
  const { destination, onLocalChange = "restore" } = inputs;
  if (destination === undefined) return undefined;
  const { contentDigest } = olds;
  const before = isSamePlace(olds, destination, directory) ? contentDigest : undefined;
  return placements.plan({
    urn: run?.urn ?? "",
    directory,
    cacheDirectory: world.settings.cacheDirectory,
    destination,
    key: found.key,
    tree: "tree" in found ? found.tree : undefined,
    onLocalChange,
    before: typeof before === "string" ? before : undefined,
  });
}

/** The output `placedAt`; and why the copy changes, where nothing else shows it. */
function placedAt(
  { digest, reference }: Located,
  { inputs, olds, run, report, directory }: Work,
  copy: DestinationState | undefined,
): Properties {
  const { destination } = inputs;
  if (copy === undefined || destination === undefined) return {};
  const isSame = isSamePlace(olds, destination, directory) && olds["digest"] === digest;
  if (copy.state === "due" && isSame) report.info(`${destination} is updated: ${copy.reason}`);
  if (copy.state === "due" && run?.preview === true) return { placedAt: UNKNOWN };
  return { placedAt: placedAtOf(reference, destination) };
}

/** Whether the state has the copy at the same folder, however that is spelled. */
function isSamePlace(olds: Properties, destination: string, directory: string): boolean {
  const before = olds["destination"];
  return typeof before === "string" && isSameDestination(directory, before, destination);
}

function outputs(found: Located | Pulled, olds: Properties): Properties {
  const { reference } = found;
  if ("tree" in found) return { ...outputsOf(reference, found) };
  // The same content has the same outputs, here or not.
  const { path } = olds;
  const isKnown = typeof path === "string" && treeNameOf(path) === found.key.name;
  const content = CONTENT_OUTPUTS.flatMap((name) => {
    if (!isKnown) return [[name, UNKNOWN]] as const;
    return olds[name] === undefined ? [] : [[name, olds[name]] as const];
  });
  return { ...manifestOutputs(reference, found), ...Object.fromEntries(content) };
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
  const inputOf: Readonly<Record<string, string>> = {
    version: "semver",
    subjectDigest: "referrer",
    placedAt: "destination",
    signers: "verify",
  };
  const names = Object.keys(OUTPUTS).filter((name) => {
    const input = inputOf[name];
    return input === undefined || given[input] !== undefined;
  });
  const unknown = Object.fromEntries(names.map((name) => [name, UNKNOWN]));
  return { inputs: { ...unknown, ...storedInputs(given) }, failures: checkNames(given) };
}

/** The same content once more: the tag has been judged, and is not asked for again. */
function againByDigest(request: PullRequest, { reference, digest }: Located): PullRequest {
  const { tag: namedTag, ...repository } = reference;
  const { platform, selection, policy, totalTimeout } = request;
  const meanings = [request, ...(request.others ?? [])];
  // Of the same repository: the tag may have been chosen on the way.
  const { registry, repository: name } = reference;
  const isMeant = ({ reference: meant }: Meaning): boolean =>
    meant.registry === registry && meant.repository === name;
  const { endpoints } = meanings.find(isMeant) ?? request;
  const pinned = { ...repository, digest };
  const same = { platform, selection, policy, totalTimeout, namedTag };
  return { reference: pinned, digest, endpoints, ...same };
}

/** Where there was a choice: of what is new for good, of what stays in passing. */
function sayWhoServed(
  message: string | undefined,
  { digest }: Located,
  { olds, report }: Work,
): void {
  if (message === undefined) return;
  if (olds["digest"] === digest) report.status(message);
  else report.info(message);
}

async function sayWhatMoved(found: Located | Pulled, work: Work): Promise<void> {
  const { inputs, olds, world, report } = work;
  const before = knownDigest(olds);
  const recorded = recordedFor(inputs, olds);
  if (before === undefined || before === found.digest) return;
  const { path } = olds;
  const receipt =
    typeof path === "string" ? await world.trees.receipt(treeNameOf(path)) : undefined;
  report.info(
    movedMessage({
      reference: found.reference,
      isSameReference: recorded !== undefined && followsTag(work),
      before: { digest: before, tag: recorded?.chosen?.tag },
      after: { digest: found.digest, tag: found.chosen?.tag },
      oldFiles: receipt?.entries ?? olds["files"],
      newFiles: "tree" in found ? found.tree.entries : undefined,
    }),
  );
}
