/**
 * `oci-artifact tag`: more tags for an artifact, in its own repository.
 */
import { tagInputs } from "../provider/pulumi/push-artifact";
import { printable } from "../provider/redact";
import type { PublishCommand } from "./publish-arguments";
import { run } from "./pull";

/** Runs the command. Returns the exit code. */
export async function tagCommand(command: PublishCommand): Promise<number> {
  const [reference = "", ...tags] = command.words;
  return await run({ ...command, reference }, async (inputs, options) => {
    const result = await tagInputs(inputs, tags, options);
    const { pinned, tagged } = result;
    const text = tagged.length === 0 ? "named so already" : `tagged ${tagged.join(", ")}`;
    return { text: command.json ? JSON.stringify(result) : printable(`${pinned}\n${text}`) };
  });
}
