/**
 * `oci-artifact inspect` and `verify`: the road as far as it goes without pulling, on a terminal.
 */
import { explainInputs, inspectInputs, verifyInputs } from "../provider/pulumi/session";
import { printable } from "../provider/redact";
import type { ExplainCommand, InspectCommand, VerifyCommand } from "./arguments";
import { explanationJson, explanationText, isUnanswered } from "./explain-text";
import { inspectionJson, inspectionText } from "./inspection-text";
import { run } from "./pull";

/** Runs the command. Returns the exit code. */
export async function inspectCommand(command: InspectCommand): Promise<number> {
  return await run(command, async (inputs, options) => {
    const { pinned, found } = await inspectInputs(inputs, {
      ...options,
      referrers: command.flags["referrers"] === true,
    });
    const text = command.json
      ? JSON.stringify(inspectionJson(pinned, found))
      : inspectionText(pinned, found).trimEnd();
    return { text };
  });
}

/** Runs the command. Returns the exit code: a failure where nobody has signed who has to have. */
export async function verifyCommand(command: VerifyCommand): Promise<number> {
  return await run(command, async (inputs, options) => {
    const { pinned, digest, chosen, signers, servedBy } = await verifyInputs(inputs, options);
    const tag = chosen === undefined ? [] : [`tag ${chosen.tag}`];
    const lines = [pinned, ...tag, ...signers.map((signer) => `signed by ${signer}`)];
    const text = command.json
      ? JSON.stringify({ pinned, digest, ...chosen, signers, servedBy: servedBy?.host })
      : printable(lines.join("\n"));
    return { text };
  });
}

/** Runs `inspect --endpoints`. Returns the exit code: that of a failure where nobody answers. */
export async function explainCommand(command: ExplainCommand): Promise<number> {
  const { flags, json, online } = command;
  return await run(command, async (inputs, options) => {
    const found = await explainInputs(inputs, { ...options, online });
    const text = json ? explanationJson(found) : explanationText(found, flags).trimEnd();
    return { text, isFailed: online && isUnanswered(found) };
  });
}
