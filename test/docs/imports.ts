/**
 * The imports of the source files, read with the compiler's own parser: who imports whom, for types
 * only or for real, at once or inside of a function. Judges nothing.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as ts from "typescript";
import { REPOSITORY } from "../support/repository";

export interface Import {
  /** Importing file, relative to the checkout: "provider/pull.ts". */
  readonly from: string;
  /** Imported file of the checkout in the same form, or the name of a package: "node:fs". */
  readonly to: string;
  /** It is gone after compiling. */
  readonly isType: boolean;
  /** It is done when the file is loaded, and not when a function is called. */
  readonly isEager: boolean;
}

/** The source files below the folders, relative to the checkout, with "/". */
export function sourceFiles(...folders: readonly string[]): readonly string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
      .map((file) => `${folder}/${file.replaceAll("\\", "/")}`)
      .sort(),
  );
}

/** The text of a source file. */
export function sourceOf(file: string): string {
  return readFileSync(join(REPOSITORY, file), "utf8");
}

/** All imports of a source file: `import`, `export … from`, `import()`, `require()`, type queries. */
export function importsOf(file: string): readonly Import[] {
  const source = ts.createSourceFile(file, sourceOf(file), ts.ScriptTarget.ES2022, true);
  const found: Import[] = [];
  const add = (target: string, isType: boolean, isEager: boolean): void => {
    found.push({ from: file, to: resolved(file, target), isType, isEager });
  };
  const visit = (node: ts.Node, isTop: boolean): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const target = node.moduleSpecifier;
      if (target !== undefined && ts.isStringLiteral(target)) add(target.text, isType(node), true);
    } else if (ts.isImportTypeNode(node)) {
      const { argument } = node;
      if (ts.isLiteralTypeNode(argument) && ts.isStringLiteral(argument.literal)) {
        add(argument.literal.text, true, isTop);
      }
    } else if (ts.isCallExpression(node)) {
      const [target] = node.arguments;
      const isLoad =
        node.expression.kind === ts.SyntaxKind.ImportKeyword ||
        /^require(\.resolve)?$/.test(node.expression.getText());
      if (isLoad && target !== undefined && ts.isStringLiteral(target)) {
        add(target.text, false, isTop);
      }
    }
    ts.forEachChild(node, (child) => {
      visit(child, isTop && !ts.isFunctionLike(node));
    });
  };
  visit(source, true);
  return found;
}

/** What loading the file loads at once, itself included: files of the checkout and packages. */
export function loadedBy(file: string): ReadonlySet<string> {
  const loaded = new Set<string>();
  const load = (name: string): void => {
    if (loaded.has(name)) return;
    loaded.add(name);
    if (!name.endsWith(".ts")) return;
    for (const { to, isType, isEager } of importsOf(name)) if (!isType && isEager) load(to);
  };
  load(file);
  return loaded;
}

function isType(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  const clause = node.importClause;
  if (clause === undefined) return false;
  const { namedBindings } = clause;
  const isTypes =
    clause.name === undefined &&
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.every((element) => element.isTypeOnly);
  return clause.phaseModifier === ts.SyntaxKind.TypeKeyword || isTypes;
}

function resolved(from: string, target: string): string {
  if (!target.startsWith(".")) return target;
  return `${join(dirname(from), target).replaceAll("\\", "/")}.ts`;
}
