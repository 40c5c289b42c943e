/**
 * The command as one file, and each of its threads: `node scripts/bundle.mjs [FOLDER]`, by default into
 * dist/bin. To load two hundred small modules took a fourth of a small pull. Only our own code is in it;
 * what we depend on stays a dependency, so that its updates reach everybody.
 */
import { join, resolve } from "node:path";
import process from "node:process";
import { build } from "esbuild";
import { root } from "./prepare.mjs";

const ENTRIES = {
  "oci-artifact": "cli/main.ts",
  "extractor-thread": "provider/unpack/extractor-thread.ts",
  "writer-thread": "provider/unpack/writer-thread.ts",
};

await build({
  absWorkingDir: root,
  entryPoints: ENTRIES,
  outdir: resolve(process.argv[2] ?? join(root, "dist", "bin")),
  bundle: true,
  packages: "external",
  platform: "node",
  format: "cjs",
  target: "node20.19",
  logLevel: "warning",
});
