/**
 * The error of an artifact that is not of the kind that was asked for: it says what it is instead, in
 * the words of those who know the tool, and what to do. Pure.
 */
import { OciError } from "../errors";
import { KIND_WORDS, type Kind, type NamedKind } from "./kinds";

/** What stands against the kind. */
export interface KindProblem {
  /** One clause: which rule of the kind does not hold. */
  readonly fact: string;
  readonly hint?: string;
}

/** What was found in the place of what was asked for. */
export interface FoundInstead {
  readonly asked: NamedKind;
  readonly found: Kind;
  readonly problem: KindProblem;
  /** What it is made of: a line for each layer, or each child. */
  readonly details: readonly string[];
}

/** The error; where it is recognized as another kind, that is the fact, and the rule does not matter. */
export function wrongKind(
  { asked, found, problem, details }: FoundInstead,
  subject: string,
): OciError {
  const { title, made } = KIND_WORDS[asked];
  const isOther = found !== asked && found !== "files";
  return new OciError({
    code: "WRONG_KIND",
    verb: "use",
    subject: `${subject} as ${title}`,
    fact: isOther ? `it is ${KIND_WORDS[found].title}` : problem.fact,
    details,
    hint: isOther
      ? `set kind: "${found}", or leave kind out: then it is taken for what it is`
      : (problem.hint ??
        `check the reference, or have it pushed again (${made}); kind: "files" takes any artifact by its layers`),
  });
}
