/**
 * Has V8 compile nothing in the second start of the command that it has compiled in the first. It touches
 * neither what is required nor where it is found, and what is unusual is left to Node.
 */
import { Module, createRequire } from "node:module";
import { dirname, join } from "node:path";
import { cachedDataVersionTag } from "node:v8";
import { Script, constants } from "node:vm";
import { digestOf, openCompiled, type CompiledForms } from "./compiled-file";

/** Compiles a CommonJS module; undefined where that is left to Node. */
type Compile = (source: string, filename: string) => Script | undefined;

/** How Node compiles and runs one. It is not in its types, but others have replaced it for years. */
interface Compiler {
  _compile: (this: Module, source: string, file: string, ...more: readonly unknown[]) => unknown;
}

type Run = (this: unknown, ...given: readonly unknown[]) => unknown;

/** On a line of its own, which does not count: places in a source are those in its file. */
const HEAD = "(function (exports, require, module, __filename, __dirname) {\n";
const TAIL = "\n})";

/** An `import()` that is in no comment: Node does it, too, but says that this way is experimental. */
const IMPORT = /\bimport\s*\((?<!^\s*(?:\/?\*|\/\/).*)/m;

/** What the versions of Node call a module that is not known to be an ES module. */
const COMMONJS: ReadonlySet<unknown> = new Set([undefined, false, "commonjs"]);

/**
 * From now on, what is required is taken from the file `compiled` beside the code, as far as it is there.
 *
 * @param code - A file of the code
 * @returns To be called at the end: keeps what has been compiled, if anything was not there. May throw
 * @throws where the code cannot be looked at
 */
export function compileOnce(code: string): () => void {
  const begun = engine();
  const file = openCompiled(join(dirname(code), "compiled"), code, begun);
  const scripts = new Map<string, Script>();
  let isAllThere = true;
  let isRefused = false;
  compileBy((source, filename) => {
    const digest = digestOf(source);
    const cachedData = file.find(digest);
    if (cachedData === undefined && IMPORT.test(source)) return undefined;
    const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
    const options = { filename, lineOffset: -1, cachedData, importModuleDynamically };
    try {
      const script = new Script(HEAD + source + TAIL, options);
      if (cachedData === undefined) isAllThere = false;
      // By another build of the same version, for one; under other flags it would be nothing to wonder at.
      if (script.cachedDataRejected === true && engine() === begun) isRefused = true;
      scripts.set(digest, script);
      return script;
    } catch {
      return undefined; // Node finds the words for it.
    }
  });
  return () => {
    if ((isAllThere && !isRefused) || engine() !== begun) return;
    // All of them: this run may have called functions that no run before it has called.
    const forms = (): CompiledForms =>
      new Map([...scripts].map(([digest, script]) => [digest, script.createCachedData()]));
    file.add(forms, isRefused || undefined);
  };
}

/** By version, flags and what the processor can do: nobody else could run what was compiled. */
function engine(): string {
  return `${process.version} ${process.platform} ${process.arch} ${cachedDataVersionTag()}`;
}

function compileBy(compile: Compile): void {
  const compiler = Module.prototype as unknown as Compiler;
  const byNode = compiler._compile;
  compiler._compile = function (source, filename, ...more) {
    const script = COMMONJS.has(more[0]) ? compile(source, filename) : undefined;
    if (script === undefined) return byNode.call(this, source, filename, ...more);
    const load = (name: string): unknown => this.require(name);
    const require = Object.assign(load, createRequire(filename));
    const given = [this.exports, require, this, filename, dirname(filename)];
    return (script.runInThisContext() as Run).apply(this.exports, given);
  };
}
