/**
 * Loaded into a process before its own code (`node --require`): what it does below a folder is refused
 * as a disk refuses it that is full after so many bytes, or read-only. Stands in for a real one where
 * nobody may mount. Reads go on.
 *
 * Environment: OCI_ARTIFACT_TEST_DISK, "<code> <bytes> <folder>".
 */
import * as fs from "node:fs";
import * as promises from "node:fs/promises";

type Function = (...given: readonly unknown[]) => unknown;

const [code = "", room = "0", ...rest] = (process.env["OCI_ARTIFACT_TEST_DISK"] ?? "").split(" ");
const folder = `${rest.join(" ")}/`;
const opened = new Set<unknown>();
let bytesLeft = Number(room);

function refusal(): Error {
  return Object.assign(new Error(`${code}: refused by the test's disk`), { code });
}

function isBelow(path: unknown): boolean {
  return typeof path === "string" && `${path}/`.startsWith(folder);
}

/** @throws The refusal where the disk takes no such bytes any more. */
function take(data: unknown): void {
  bytesLeft -= typeof data === "string" || data instanceof Uint8Array ? data.length : 0;
  if (bytesLeft < 0) throw refusal();
}

function replace(functions: object, name: string, by: (real: Function) => Function): void {
  const table = functions as Record<string, Function>;
  const real = table[name];
  if (real !== undefined) table[name] = by(real.bind(functions));
}

const isReadOnly = code === "EROFS";

for (const name of ["mkdir", "rename", "rm", "rmdir", "unlink", "utimes", "writeFile"]) {
  replace(fs, `${name}Sync`, (real) => (path, data, ...more) => {
    if (isBelow(path) && isReadOnly) throw refusal();
    if (isBelow(path) && name === "writeFile") take(data);
    return real(path, data, ...more);
  });
  replace(promises, name, (real) => async (path, data, ...more) => {
    if (isBelow(path) && isReadOnly) throw refusal();
    if (isBelow(path) && name === "writeFile") take(data);
    return await real(path, data, ...more);
  });
}
replace(promises, "open", (real) => async (path, flags, ...more) => {
  const isWritten = isBelow(path) && flags !== "r";
  if (isWritten && isReadOnly) throw refusal();
  const handle = (await real(path, flags, ...more)) as object;
  if (isWritten) {
    replace(handle, "writeFile", (write) => async (data, ...options) => {
      take(data);
      return await write(data, ...options);
    });
  }
  return handle;
});
replace(fs, "openSync", (real) => (path, flags, ...more) => {
  if (isBelow(path) && flags !== "r" && isReadOnly) throw refusal();
  const descriptor = real(path, flags, ...more);
  if (isBelow(path) && flags !== "r") opened.add(descriptor);
  return descriptor;
});
replace(fs, "writevSync", (real) => (descriptor, pieces, ...more) => {
  if (opened.has(descriptor)) take(Buffer.concat(pieces as readonly Uint8Array[]));
  return real(descriptor, pieces, ...more);
});
replace(fs, "writev", (real) => (descriptor, pieces, ...more) => {
  try {
    if (opened.has(descriptor)) take(Buffer.concat(pieces as readonly Uint8Array[]));
  } catch (error) {
    (more.at(-1) as Function)(error);
    return undefined;
  }
  return real(descriptor, pieces, ...more);
});
replace(fs, "writeSync", (real) => (descriptor, data, ...more) => {
  if (opened.has(descriptor)) take(data);
  return real(descriptor, data, ...more);
});
