/**
 * Where a destination is: its folder, the names beside it that are ours for a while, the file that
 * records what we placed. Says which folders cannot be one; looks at links only, and writes nothing.
 */
import { createHash } from "node:crypto";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { OciError } from "../errors";
import { isHere, isMountPoint } from "./fixed-folder";
import { DESTINATIONS_FOLDER } from "./record-folders";
import { TREES_FOLDER } from "./trees";
import { realPath, trueFolder } from "./true-folder";

/** What cannot be renamed from beside a folder comes from within. */
const INNER_AREA = ".oci-artifact-new";

export interface DestinationPlace {
  /** Absolute path of the folder. */
  readonly folder: string;
  /** How messages name it: as the user wrote it. */
  readonly shown: string;
  /**
   * Absolute folder of the records, made when needed: `.oci-artifacts/.pulumi/destinations` for a program,
   * `<cache>/destinations` for the command line.
   */
  readonly records: string;
}

/** A place with all paths that placing works with. */
export interface Ground extends DestinationPlace {
  /** The folder that holds it. */
  readonly parent: string;
  /** Beside it, or in it where it is mounted: drafts, and journals that tell who is at work. */
  readonly area: string;
  /** Beside it: the old content, for as long as it is replaced whole. */
  readonly aside: string;
  /** The folder itself may not be exchanged or removed: it is mounted, or this process is in it. */
  readonly stays: boolean;
  readonly recordFile: string;
}

/**
 * All paths of a place, none of which need exist.
 * @throws OciError INVALID_INPUT where links lead to a folder that cannot be one.
 */
export function groundOf(place: DestinationPlace): Ground {
  const folder = resolve(place.folder);
  const parent = dirname(folder);
  const real = join(realPath(parent), basename(folder));
  const program = programOf(place.records);
  const problem = program === undefined ? undefined : destinationProblem(real, program);
  if (problem !== undefined) {
    throw new OciError({
      code: "INVALID_INPUT",
      verb: "use",
      subject: 'input "destination"',
      fact: problem,
      hint: "give a folder of its own to each copy, such as vendor/manifests",
    });
  }
  const isMounted = isMountPoint(real);
  const area = isMounted ? join(folder, INNER_AREA) : besides(folder, "new");
  return {
    ...place,
    folder,
    parent,
    area,
    aside: isMounted ? join(area, "old") : besides(folder, "old"),
    stays: isMounted || isHere(real),
    recordFile: join(place.records, `${recordName(real, program)}.json`),
  };
}

/** Name of the area in the folder, where it is not beside it: it is no content. */
export function innerArea({ area, folder }: Ground): string | undefined {
  return dirname(area) === folder ? INNER_AREA : undefined;
}

function besides(folder: string, what: "new" | "old"): string {
  return join(dirname(folder), `.${basename(folder)}.oci-artifact-${what}`);
}

/**
 * The same for all ways to the folder. Inside of the program that holds the records it is relative
 * to that, so that a checkout which was moved keeps its records.
 */
function recordName(real: string, program: string | undefined): string {
  const isOurs = program !== undefined && isInside(real, program);
  const named = isOurs ? relative(program, real).split(sep).join("/") : real;
  return createHash("sha256").update(named).digest("hex").slice(0, 32);
}

/** The program beside whose trees the records lie; undefined where they lie in the cache. */
function programOf(records: string): string | undefined {
  const beside = join(TREES_FOLDER, DESTINATIONS_FOLDER);
  const program = resolve(records, relative(beside, "."));
  return join(program, beside) === resolve(records) ? realPath(program) : undefined;
}

/**
 * Why no content can be placed at the folder, as a clause; undefined where it can.
 *
 * @param folder - absolute
 * @param programDirectory - absolute; holds `.oci-artifacts`
 */
export function destinationProblem(folder: string, programDirectory: string): string | undefined {
  const target = trueFolder(folder);
  const directory = realPath(resolve(programDirectory));
  const program = trueFolder(directory);
  const trees = trueFolder(join(directory, TREES_FOLDER));
  if (dirname(target) === target) return "it is the root of the file system";
  if (target === program) return "it is the program's own directory";
  if (isInside(program, target)) return "it contains the program's directory";
  if (target === trees) return `it is the folder ${TREES_FOLDER}, which holds the trees themselves`;
  if (isInside(target, trees))
    return `it lies in ${TREES_FOLDER}, which holds the trees themselves`;
  return undefined;
}

/** What we put into the folder of the cache, which may be any folder of the user's. */
const OF_CACHE: ReadonlySet<string> = new Set([
  "blobs",
  "destinations",
  "evidence",
  "homes",
  "in-use",
  "run",
  "staging",
  "tags",
  "tally",
  "tuf",
]);

/**
 * Why no content can be placed at the folder, whoever asks, as a clause; undefined where it can: it is a
 * place that we keep for ourselves, and what lies there is moved and removed as we see fit.
 *
 * @param folder - absolute
 * @param cacheDirectory - absolute
 */
export function ownPlaceProblem(folder: string, cacheDirectory: string): string | undefined {
  const target = trueFolder(folder);
  const cache = trueFolder(realPath(cacheDirectory));
  if (target === cache) return "it is the folder of the cache";
  // A cache in a folder of the user's own, which holds content, too, is allowed.
  const [name = ""] = isInside(target, cache) ? relative(cache, target).split(sep) : [];
  if (OF_CACHE.has(name)) return "it lies in the folder of the cache";
  const isOfTrees = target.split(sep).includes(TREES_FOLDER);
  return isOfTrees ? `it is, or lies in, a folder ${TREES_FOLDER}, which holds trees` : undefined;
}

/**
 * Why two folders cannot both be destinations, as a clause about the first; undefined where they can.
 *
 * @param first - as `trueFolder` spells it, and so the other: by text, one folder may seem two
 */
export function overlapProblem(first: string, second: string): string | undefined {
  if (first === second) return "it is the destination of another copy";
  if (isInside(first, second)) return "it lies in the destination of another copy";
  return isInside(second, first) ? "it contains the destination of another copy" : undefined;
}

/** Whether a path lies below a folder, by its components. */
function isInside(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}
