/**
 * Tells which of the many places for files of settings is empty: nearly each is, on nearly each machine.
 * It reads nothing.
 */
import { statSync } from "node:fs";
import { systemCode } from "../errors";

/**
 * Whether nothing is at the path, as of now. Looked at by the thread that asks: an error that says so by way
 * of promises takes it fifty times as long. False where that cannot be seen, so that whoever reads says why.
 */
export function isMissing(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined;
  } catch (error) {
    return systemCode(error) === "ENOTDIR";
  }
}
