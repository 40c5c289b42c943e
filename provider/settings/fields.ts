/**
 * Fields of parsed documents by their names, whatever the case, as tools that are written in Go read
 * them. Pure.
 */

/** The last field of that name, whatever its case. */
export function field(record: Readonly<Record<string, unknown>>, name: string): unknown {
  const key = Object.keys(record).findLast((it) => it.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : record[key];
}

/** Whether a parsed value is an object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
