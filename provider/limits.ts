/**
 * Every default bound, in one table: what is checked, what the docs say and what the flags are
 * called come from here. A limit fails with an error that names it; nothing is ever truncated.
 */
import { OciError } from "./errors";

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

export interface Limits {
  readonly manifestBytes: number;
  readonly tokenBytes: number;
  readonly tagPages: number;
  readonly layers: number;
  readonly blobBytes: number;
  readonly extractedBytes: number;
  readonly entries: number;
  readonly pathBytes: number;
  readonly componentBytes: number;
  readonly ratio: number;
  readonly ratioFreeBytes: number;
  readonly indexDepth: number;
  readonly redirects: number;
}

export interface LimitRow {
  readonly value: number;
  readonly unit: "bytes" | "count" | "factor";
  readonly description: string;
}

/** The table: name, default, unit, and what it bounds. */
export const LIMITS: Readonly<Record<keyof Limits, LimitRow>> = {
  manifestBytes: { value: 4 * MIB, unit: "bytes", description: "a manifest or an index" },
  tokenBytes: { value: MIB, unit: "bytes", description: "the answer of a token service" },
  tagPages: { value: 1_000, unit: "count", description: "pages of a tag list" },
  layers: { value: 1_000, unit: "count", description: "layers of a manifest" },
  blobBytes: { value: 16 * GIB, unit: "bytes", description: "one blob" },
  extractedBytes: { value: 16 * GIB, unit: "bytes", description: "all files of a tree together" },
  entries: { value: 200_000, unit: "count", description: "entries of all archives of a tree" },
  pathBytes: { value: 4_096, unit: "bytes", description: "a path inside a tree" },
  componentBytes: { value: 255, unit: "bytes", description: "one component of such a path" },
  ratio: { value: 200, unit: "factor", description: "extracted size over compressed size" },
  ratioFreeBytes: {
    value: 64 * MIB,
    unit: "bytes",
    description: "what is extracted before `ratio` counts",
  },
  indexDepth: { value: 2, unit: "count", description: "indexes inside indexes" },
  redirects: { value: 5, unit: "count", description: "redirects of one request" },
};

/** The defaults as one frozen value. */
export const DEFAULT_LIMITS: Limits = Object.freeze(
  Object.fromEntries(
    Object.entries(LIMITS).map(([name, row]) => [name, row.value]),
  ) as unknown as Limits,
);

/** The defaults, with those that were given in their place; `null` is as good as not given. */
export function limitsWith(given: Readonly<Record<string, unknown>> = {}): Limits {
  const set = Object.entries(given).filter(([, value]) => typeof value === "number");
  return Object.freeze({ ...DEFAULT_LIMITS, ...Object.fromEntries(set) });
}

/** The default of a limit in words: "4 MiB", "200,000", "200 times". */
export function limitText({ value, unit }: LimitRow): string {
  // Not by `toLocaleString`, which loads the languages of the world: 15 ms at each start.
  const number = String(value).replace(/\B(?=(?:\d{3})+$)/g, ",");
  if (unit === "factor") return `${number} times`;
  if (unit === "count") return number;
  for (const [name, size] of [
    ["GiB", GIB],
    ["MiB", MIB],
  ] as const) {
    if (value % size === 0) return `${value / size} ${name}`;
  }
  return `${number} bytes`;
}

/** The error of an exceeded limit: it names the limit, its value and the option that raises it. */
export function limitExceeded(
  limits: Limits,
  name: keyof Limits,
  what: { readonly verb: string; readonly subject: string; readonly found?: number | undefined },
): OciError {
  const found = what.found === undefined ? "more" : String(what.found);
  return new OciError({
    code: "LIMIT_EXCEEDED",
    verb: what.verb,
    subject: what.subject,
    fact: `limit ${name} of ${limits[name]} (${LIMITS[name].description}) is exceeded: ${found}`,
    hint: `if the content is trusted, raise limits.${name}`,
  });
}
