/**
 * Has V8 compile nothing in the second start of the command that it has compiled in the first. It touches
 * neither what is required nor where it is found, and what is unusual is left to Node.
 */
import { Module, createRequire } from "node:module";
import { dirname, join } from "node:path";
import { cachedDataVersionTag } from "node:v8";
import { Script, constants } from "node:vm";
import { digestOf, openCompiled } from "./compiled-file";

/** How Node compiles and runs a CommonJS module. Not in its types, but replaced by many for long. */
interface Compiler {
  _compile: (this: Module, source: string, file: string, ...more: readonly unknown[]) => unknown;
}

type Run = (this: unknown, ...given: readonly unknown[]) => unknown;

/** Its own line, which is not counted: places in the source are those in the file. */
const HEAD = "(function (exports, require, module, __filename, __dirname) {\n";
const TAIL = "\n})";

/**
 * An `import()` outside of a comment. It would find its module, but Node would call the way to it
 * experimental.
 */
const IMPORT = /^(?!\s*(?:\/?\*|\/\/)).*\bimport\s*\(/m;

/** What Node calls a module that is no ES module, by its versions. */
const COMMONJS: ReadonlySet<unknown> = new Set([undefined, false, "commonjs"]);

/** The version of V8, its flags and what the processor can do: nobody else's code would run here. */
function engine(): string {
  return `${process.version} ${process.arch} ${cachedDataVersionTag()}`;
}

/**
 * From now on, what is required is taken from the file `compiled` beside the code, where it is there.
 *
 * @param code - A file of the code
 * @returns To be called at the end: keeps what was compiled, if any was not there
 */
export function compileOnce(code: string): () => void {
  const begun = engine();
  const file = openCompiled(join(dirname(code), "compiled"), code, begun);
  const scripts = new Map<string, Script>();
  let isAllThere = true;

  const scriptOf = (source: string, filename: string): Script | undefined => {
    const digest = digestOf(source);
    const cachedData = file.find(digest);
    if (cachedData === undefined && IMPORT.test(source)) return undefined;
    const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
    const options = { filename, lineOffset: -1, cachedData, importModuleDynamically };
    try {
      const script = new Script(HEAD + source + TAIL, options);
      if (cachedData === undefined) isAllThere = false;
      scripts.set(digest, script);
      return script;
    } catch {
      return undefined; // Node has the words for it.
    }
  };

  const compiler = Module.prototype as unknown as Compiler;
  const compile = compiler._compile;
  compiler._compile = function (source, filename, ...more) {
    const script = COMMONJS.has(more[0]) ? scriptOf(source, filename) : undefined;
    if (script === undefined) return compile.call(this, source, filename, ...more);
    const require = Object.assign(
      (name: string): unknown => this.require(name),
      createRequire(filename),
    );
    const given = [this.exports, require, this, filename, dirname(filename)];
    return (script.runInThisContext() as Run).apply(this.exports, given);
  };

  return () => {
    if (isAllThere || engine() !== begun) return;
    // All, because this run may have come to functions that the run before has not come to.
    file.add(new Map([...scripts].map(([digest, script]) => [digest, script.createCachedData()])));
  };
}
