/**
 * Writes the tables of README.md and docs/ from the tables of the source: `node dist/scripts/docs.js`
 * rewrites what is stale, with `--check` it only tells. It writes nothing between other lines.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { outcomesIn } from "../bench/record";
import { tableOf } from "../bench/table";
import { helpText } from "../cli/help";
import { ERROR_CODES } from "../provider/error-codes";
import { LIMITS, limitText } from "../provider/limits";
import type { InputField, InputRow, InputType } from "../provider/pulumi/input-types";
import { documentedInputs } from "../provider/pulumi/inputs";
import { OUTPUTS } from "../provider/pulumi/outputs";
import { documentedPushInputs } from "../provider/pulumi/push/push-inputs";
import { PUSH_OUTPUTS } from "../provider/pulumi/push/push-outputs";
import { REPOSITORY } from "../test/support/repository";
import { advisories } from "./advisories";
import { withBlock } from "./blocks";

/** A documentation file, and what it should be. */
export interface Generated {
  /** Relative to the checkout. */
  readonly file: string;
  readonly isFresh: boolean;
  readonly text: string;
}

/** The blocks of each file, and what makes them. */
const BLOCKS: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  "README.md": { program, inputs, outputs, cli },
  "docs/errors.md": { errors, limits },
  "docs/performance.md": { performance },
  "docs/publishing.md": { publisher, "push inputs": pushInputs, "push outputs": pushOutputs },
  "docs/security.md": { advisories: advisoryTable },
};

/** Every file with generated blocks, as the source wants it. */
export function generatedFiles(): readonly Generated[] {
  return Object.entries(BLOCKS).map(([file, blocks]) => {
    const current = readFileSync(join(REPOSITORY, file), "utf8");
    const text = Object.entries(blocks).reduce(
      (markdown, [name, make]) => withBlock(markdown, name, make()),
      current,
    );
    return { file, isFresh: text === current, text };
  });
}

function program(): string {
  return fenced("ts", readFileSync(join(REPOSITORY, "examples/quickstart/index.ts"), "utf8"));
}

function cli(): string {
  return fenced("text", helpText());
}

function publisher(): string {
  return fenced("ts", readFileSync(join(REPOSITORY, "examples/publish/index.ts"), "utf8"));
}

function inputs(): string {
  return inputTable(documentedInputs());
}

function pushInputs(): string {
  return inputTable(documentedPushInputs());
}

function inputTable(documented: readonly (InputRow & { readonly name: string })[]): string {
  const rows = documented.flatMap((row) => [
    [
      code(row.name),
      typeName(row),
      row.required === true ? "required" : row.default,
      row.group === "what" ? "yes" : "no",
      row.description,
    ],
    ...nested(row.name, row.type, row.group === "what" ? "yes" : "no"),
  ]);
  return table(["input", "type", "default", "in the state", "what it says"], rows);
}

function nested(name: string, type: InputType, stored: string): readonly (readonly string[])[] {
  if (type.kind === "objects") return nested(`${name}[]`, { ...type, kind: "object" }, stored);
  if (type.kind !== "object") return [];
  return Object.entries(type.fields).flatMap(([field, row]) => [
    [code(`${name}.${field}`), typeName(row), "", stored, row.description],
    ...nested(`${name}.${field}`, row.type, stored),
  ]);
}

function typeName({ type, secret }: InputField): string {
  return secret === true ? `${shapeOf(type)}, secret` : shapeOf(type);
}

function shapeOf(type: InputType): string {
  switch (type.kind) {
    case "choice":
      return type.values.map((value) => code(`"${value}"`)).join(", ");
    case "strings":
      return "list of strings";
    case "numbers":
      return "list of numbers";
    case "objects":
      return "list of objects";
    case "texts":
      return "strings by name";
    default:
      return type.kind;
  }
}

function outputs(): string {
  return outputTable(OUTPUTS);
}

function pushOutputs(): string {
  return outputTable(PUSH_OUTPUTS);
}

function outputTable(descriptions: Readonly<Record<string, string>>): string {
  return table(
    ["output", "what it is"],
    Object.entries(descriptions).map(([name, description]) => [code(name), description]),
  );
}

function errors(): string {
  return Object.entries(ERROR_CODES)
    .map(([name, { means, next }]) => {
      const steps: readonly string[] = next;
      return [`### ${name}`, means, steps.map((step) => `- ${step}`).join("\n")].join("\n\n");
    })
    .join("\n\n");
}

function limits(): string {
  return table(
    ["limit", "value", "of"],
    Object.entries(LIMITS).map(([name, row]) => [code(name), limitText(row), row.description]),
  );
}

function advisoryTable(): string {
  return table(
    ["advisory", "what went wrong elsewhere, and here"],
    advisories().map(({ file, ids, says }) => [
      `[${ids.join(", ")}](../test/advisories/${file})`,
      says,
    ]),
  );
}

/** What `npm run bench -- --write` has kept. */
function performance(): string {
  const outcomes = outcomesIn(readFileSync(join(REPOSITORY, "docs/performance.json"), "utf8"));
  return `${UNFORMATTED}\n${tableOf(outcomes)}`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
}

/** Keeps the formatter from a table, of which it would pad every cell to the longest of its column. */
const UNFORMATTED = "<!-- prettier-ignore -->";

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = head.map(() => "---");
  return [UNFORMATTED, ...[head, rule, ...rows].map(line)].join("\n");
}

function main(isCheck: boolean): number {
  const stale = generatedFiles().filter(({ isFresh }) => !isFresh);
  for (const { file, text } of stale) {
    if (!isCheck) writeFileSync(join(REPOSITORY, file), text);
    console.log(`${file} ${isCheck ? "is stale: run node dist/scripts/docs.js" : "is rewritten"}`);
  }
  return isCheck && stale.length > 0 ? 1 : 0;
}

if (require.main === module) process.exitCode = main(process.argv.includes("--check"));
