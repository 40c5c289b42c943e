/**
 * Sizes as people write them: "20GiB", "512 MiB", or plain bytes. Pure.
 */

/** Bytes of a unit, largest first. */
const UNITS = [
  ["TiB", 1024 ** 4],
  ["GiB", 1024 ** 3],
  ["MiB", 1024 ** 2],
  ["KiB", 1024],
] as const;

/** The bytes that the text stands for; undefined where it is no size. */
export function parseByteSize(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,3})?) ?([KMGT]iB)?$/i.exec(text.trim());
  if (match === null) return undefined;
  const [, amount, unit = ""] = match;
  const factor = UNITS.find(([name]) => name.toLowerCase() === unit.toLowerCase())?.[1] ?? 1;
  return Math.floor(Number(amount) * factor);
}

/** "10 GiB", "1.5 MiB", "20 bytes": the largest unit that leaves at least one of it. */
export function formatByteSize(bytes: number): string {
  const unit = UNITS.find(([, factor]) => bytes >= factor);
  if (unit === undefined) return exactBytes(bytes);
  const [name, factor] = unit;
  return `${Number((bytes / factor).toFixed(1))} ${name}`;
}

/** "2048 bytes", "1 byte": where each of them counts. */
export function exactBytes(bytes: number | bigint): string {
  return `${bytes} ${Number(bytes) === 1 ? "byte" : "bytes"}`;
}
