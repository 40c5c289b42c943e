/**
 * The command, and each of its threads: `node scripts/bundle.mjs [FOLDER]`, by default into dist/bin. To load
 * two hundred small modules took a fourth of a small pull, and to compile those that it does not need a
 * tenth: so what every pull needs is one file, and what few need are others. Only our own code is in them;
 * what we depend on stays a dependency, so that its updates reach everybody.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import process from "node:process";
import { build, transform } from "esbuild";
import { root } from "./prepare.mjs";

const FOLDER = resolve(process.argv[2] ?? join(root, "dist", "bin"));

/** What is run, and what it leaves the rest to. */
const START = "oci-artifact";
const COMMAND = "command";

/** Asked for where it is needed, because others do without. But whoever pulls has a verb, and unpacks. */
const isOnTheRoad = (module) =>
  ["cli/pull.ts", "cli/pull-all.ts"].includes(module) || module.startsWith("provider/unpack/");

/** Asked for where it is needed, and not in the file of the rest, because it brings a library along. */
const APART = {
  contents: ["cli/diff.ts"],
  registries: [
    "provider/settings/registries-conf/merge.ts",
    "provider/settings/registries-conf/short-names.ts",
  ],
  signatures: [
    "provider/verify/certificate-identity.ts",
    "provider/verify/check-candidate.ts",
    "provider/verify/read-candidate.ts",
  ],
  transport: ["provider/registry/transport.ts"],
  zip: ["provider/unpack/zip.ts"],
};

const CJS = { format: "cjs", platform: "node", target: "node20.19" };

const OPTIONS = {
  ...CJS,
  absWorkingDir: root,
  outdir: FOLDER,
  bundle: true,
  packages: "external",
  metafile: true,
  logLevel: "warning",
};

/** What a module of ours asks for while it runs. Of a type, nothing is left. */
const LATER = /(?<!typeof )\b(?:require|import)\("(\.[^"]+)"\)/g;

/** A module as a name of JavaScript. */
const nameOf = (module) => module.replace(/\W/g, "_");

const isLater = ({ kind, external }) =>
  external !== true && (kind === "require-call" || kind === "dynamic-import");

const { inputs } = (await build({ ...OPTIONS, entryPoints: ["cli/start.ts"], write: false }))
  .metafile;
const later = Object.values(inputs).flatMap(({ imports }) => imports.filter(isLater));
const apart = ["cli/main.ts", ...Object.values(APART).flat()];
const others = new Set(later.map(({ path }) => path).filter((path) => !isOnTheRoad(path)));
const rest = [...others].filter((module) => !apart.includes(module)).sort();

/** The modules that are asked for in each file. */
const FILES = { [COMMAND]: ["cli/main.ts"], ...APART, rest };

/** All know the command, so that what it needs itself is one more file, which all share. */
function entry(file) {
  if (file === START) return 'import "./cli/start.ts";';
  const named = FILES[file].map((module) => `export * as ${nameOf(module)} from "./${module}";`);
  return [...named, 'import "./cli/main.ts";'].join("\n");
}

/**
 * A module whose later needs are imports, or in other files. Esbuild alone would make a function of each
 * module that is asked for later, and of all that this imports: half of the command, for each to be called.
 */
function linked(module, source) {
  const imports = [];
  const contents = source.replace(LATER, (_, specifier) => {
    const { path } = inputs[module].imports.find(({ original }) => original === specifier);
    const file = Object.keys(FILES).find((name) => FILES[name].includes(path));
    if (file !== undefined) return `require("./${file}.js").${nameOf(path)}`;
    imports.push(`import * as ${nameOf(path)} from "${specifier}";`);
    return nameOf(path);
  });
  return contents + imports.join("\n");
}

const linking = {
  name: "linking",
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^/ }, ({ kind, path }) => {
      if (kind === "entry-point") return { path, namespace: "entry" };
      return kind === "require-call" && path.startsWith(".") ? { path, external: true } : undefined;
    });
    onLoad({ filter: /^/, namespace: "entry" }, ({ path }) => ({
      contents: entry(path),
      resolveDir: root,
    }));
    onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      contents: linked(relative(root, path).replaceAll("\\", "/"), readFileSync(path, "utf8")),
      loader: "ts",
    }));
  },
};

const LINKED = { ...OPTIONS, plugins: [linking], write: false };
const { outputFiles, metafile } = await build({
  ...LINKED,
  entryPoints: Object.keys(FILES),
  chunkNames: "part-[hash]",
  format: "esm",
  splitting: true,
});
/** By itself, because what it shares with others would be loaded before it is prepared. */
const start = await build({ ...LINKED, entryPoints: [START] });

const isLibrary = ({ path, kind, external }) =>
  external === true && kind === "import-statement" && !path.startsWith("node:");
for (const [file, { imports }] of Object.entries(metafile.outputs)) {
  const library = imports.find(isLibrary)?.path;
  if (library === undefined || basename(file, ".js") in APART) continue;
  throw new Error(`${file} brings ${library} along: who asks for it is to be set apart`);
}

mkdirSync(FOLDER, { recursive: true });
for (const name of readdirSync(FOLDER)) {
  if (/^part-|^compiled/.test(name)) rmSync(join(FOLDER, name));
}
for (const { path, text } of [...start.outputFiles, ...outputFiles]) {
  const isStart = basename(path, ".js") === START;
  const named = text.replace(/^\/\/ (?=cli\/|provider\/)/gm, "//! ");
  const { code } = await transform(isStart ? `#!/usr/bin/env node\n${named}` : named, CJS);
  writeFileSync(path, code, { mode: isStart ? 0o755 : 0o644 });
}

await build({
  ...OPTIONS,
  entryPoints: ["provider/unpack/extractor-thread.ts", "provider/unpack/writer-thread.ts"],
});
