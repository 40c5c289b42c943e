/**
 * From the input `verify` to a policy. Reads files of keys and roots; looks for no signature, and loads
 * nothing where none is asked for.
 */
import type { Report } from "../context";
import { OciError } from "../errors";
import type { PolicyProblem } from "../verify/parse-policy";
import { NO_POLICY, type Policy } from "../verify/verify";
import { failure } from "./input-rules";
import { textOfFile } from "./pem-inputs";
import type { VerifyInput } from "./verify-inputs";

/**
 * The policy that the input asks for.
 *
 * @param directory - Of the program; paths are relative to it.
 * @throws OciError INVALID_INPUT with all that is wrong with it, CONFIG where a file cannot be read.
 */
export async function policyOf(
  input: VerifyInput | undefined,
  directory: string,
  report: Report,
): Promise<Policy> {
  if (input === undefined) return NO_POLICY;
  /* eslint-disable @typescript-eslint/no-require-imports -- as in registry/client.ts */
  const { parsePolicy } =
    require("../verify/parse-policy") as typeof import("../verify/parse-policy");
  const { rootText } = require("../verify/trust") as typeof import("../verify/trust");
  /* eslint-enable @typescript-eslint/no-require-imports */
  const { keys, trustedRoot, tuf } = input;
  const root = tuf && (await rootText(tuf.root, "verify.tuf.root", directory));
  const parsed = parsePolicy({
    ...input,
    ...(keys === undefined ? {} : { keys: await keyTexts(keys, directory) }),
    ...(trustedRoot === undefined
      ? {}
      : { trustedRoot: await rootText(trustedRoot, "verify.trustedRoot", directory) }),
    ...(tuf === undefined || root === undefined ? {} : { tuf: { ...tuf, root } }),
  });
  if (parsed.ok) {
    for (const warning of parsed.warnings) report.warning(warning);
    return parsed.policy;
  }
  const { problems } = parsed;
  if (!problems.every(({ isHalf }) => isHalf)) throw wrong(problems);
  // Where signatures are there, the error says by whom.
  return Object.freeze({ kind: "unclear", problem: wrong(problems) });
}

function wrong(problems: readonly PolicyProblem[]): OciError {
  const [first] = problems;
  if (problems.length === 1 && first !== undefined) {
    const { name, fact, hint } = first;
    return new OciError({
      code: "INVALID_INPUT",
      verb: "use",
      subject: `input "${name}"`,
      fact,
      hint,
    });
  }
  return new OciError({
    code: "INVALID_INPUT",
    verb: "use",
    subject: 'input "verify"',
    fact: `${problems.length} of its options are wrong`,
    details: problems.flatMap(({ name, fact, hint }) => failure(name, fact, hint).split("\n")),
  });
}

async function keyTexts(keys: readonly string[], directory: string): Promise<readonly string[]> {
  const read = async (key: string, index: number): Promise<string> =>
    key.includes("-----BEGIN") ? key : await textOfFile(key, `verify.keys[${index}]`, directory);
  return await Promise.all(keys.map(read));
}
