/**
 * `oci-artifact copy`: an artifact from a registry or an image layout to another one, as it is.
 */
import type { Copied } from "../provider/copy";
import { copyInputs } from "../provider/pulumi/copy-artifact";
import { printable } from "../provider/redact";
import { formatByteSize } from "../provider/settings/byte-size";
import { sayUsage } from "./exit";
import type { PublishCommand } from "./publish-arguments";
import { sidesProblem } from "./sides";
import { run } from "./pull";

/** Runs the command. Returns the exit code. */
export async function copyCommand(command: PublishCommand): Promise<number> {
  const [source = "", destination = ""] = command.words;
  const problem = sidesProblem([source, destination], command.flags);
  if (problem !== undefined) return sayUsage(problem, "copy");
  const { json, flags } = command;
  return await run({ ...command, reference: source }, async (inputs, options) => {
    const { immutableTags, ...values } = inputs;
    const copied = await copyInputs(values, destination, {
      ...options,
      withReferrers: flags["no-referrers"] !== true,
      immutableTags: immutableTags === true,
    });
    return { text: json ? JSON.stringify(copied) : printable(copiedText(copied)) };
  });
}

function copiedText(copied: Copied): string {
  const { pinned, tag, tagged, manifests, referrers, blobs, uploaded, mounted, sentBytes } = copied;
  const there = blobs - uploaded.length - mounted.length;
  const facts = [
    ...(tag === undefined ? [] : [`tag ${tag}${tagged.includes(tag) ? "" : " (as it was)"}`]),
    amount(manifests, "manifest"),
    ...(referrers === 0 ? [] : [amount(referrers, "referrer")]),
    `${amount(uploaded.length, "blob")} copied (${formatByteSize(sentBytes)})`,
    ...(mounted.length === 0 ? [] : [`${mounted.length} mounted`]),
    ...(there === 0 ? [] : [`${there} there already`]),
  ];
  return `${pinned}\n${facts.join(", ")}`;
}

function amount(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
