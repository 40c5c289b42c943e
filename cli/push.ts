/**
 * `oci-artifact push` and `attach`: a folder or files become an artifact of a registry.
 */
import { attachInputs, type PushResult, pushInputs } from "../provider/pulumi/push-artifact";
import { inOneLine, printable } from "../provider/redact";
import { formatByteSize } from "../provider/settings/byte-size";
import { sayUsage } from "./exit";
import type { PublishCommand } from "./publish-arguments";
import { run } from "./pull";

/** Runs the command. Returns the exit code. */
export async function pushCommand(command: PublishCommand): Promise<number> {
  const hasZips = command.flags["platform-zip"] !== undefined;
  const [first = "", second] = command.words;
  if (hasZips && second !== undefined) {
    return sayUsage(
      "push takes --platform-zip or a SOURCE: what is published is one of them",
      "push",
    );
  }
  if (!hasZips && second === undefined) return sayUsage("push needs a SOURCE and a REF", "push");
  const reference = second ?? first;
  const source = second === undefined ? {} : { source: first };
  const dryRun = command.flags["dry-run"] === true;
  return await run({ ...command, reference }, async (inputs, options) => {
    const result = await pushInputs({ ...inputs, ...source }, { ...options, dryRun });
    return { text: resultText(result, command) };
  });
}

/** Runs the command. Returns the exit code. */
export async function attachCommand(command: PublishCommand): Promise<number> {
  const { flags, words } = command;
  if (flags["artifact-type"] === undefined) {
    return sayUsage("attach needs --artifact-type TYPE: what it is that refers to REF", "attach");
  }
  const [source = "", subject = ""] = words;
  const dryRun = flags["dry-run"] === true;
  return await run({ ...command, reference: subject }, async (inputs, options) => {
    const { reference: _subject, ...values } = inputs;
    const result = await attachInputs({ ...values, source }, subject, { ...options, dryRun });
    return { text: resultText(result, command) };
  });
}

function resultText(result: PushResult, { json, flags }: PublishCommand): string {
  if (json) return JSON.stringify(resultJson(result));
  const { planned, published } = result;
  const lines = [planned.pinned];
  if (flags["dry-run"] === true) {
    lines.push(...planned.entries.flatMap(fileLine), `${amountOf(planned)}; nothing was pushed`);
  } else if (published !== undefined) {
    lines.push(pushedText(planned, published));
  }
  return printable(lines.join("\n"));
}

function fileLine({ path, type, size }: PushResult["planned"]["entries"][number]) {
  return type === "directory" ? [] : [`  ${inOneLine(path)}  ${formatByteSize(size)}`];
}

function pushedText(
  planned: PushResult["planned"],
  { isNew, tagged, uploaded, mounted }: NonNullable<PushResult["published"]>,
): string {
  const isThere = planned.equal !== undefined || !isNew;
  const tags = tagged.length === 0 ? [] : [`tagged ${tagged.join(", ")}`];
  if (isThere && tagged.length + uploaded.length + mounted.length === 0) {
    return "holds the same content already: nothing was pushed";
  }
  if (planned.equal !== undefined) return tags.join();
  const { blobs } = planned.artifact;
  const sent = blobs.filter(({ descriptor }) => uploaded.includes(descriptor.digest));
  const bytes = sent.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  const there = blobs.length - uploaded.length - mounted.length;
  return [
    amountOf(planned),
    ...tags,
    `${sent.length} ${sent.length === 1 ? "blob" : "blobs"} pushed (${formatByteSize(bytes)})`,
    ...(mounted.length === 0 ? [] : [`${mounted.length} mounted`]),
    ...(there === 0 ? [] : [`${there} there already`]),
  ].join(", ");
}

function amountOf({ fileCount, size }: { fileCount: number; size: number }): string {
  return `${fileCount} ${fileCount === 1 ? "file" : "files"}, ${formatByteSize(size)}`;
}

function resultJson({ planned, published }: PushResult): object {
  const { digest, pinned, mediaType, artifactType, contentDigest, fileCount, size } = planned;
  const { tags, current, entries } = planned;
  return {
    ...{ digest, pinned, mediaType, artifactType, contentDigest, fileCount, size, tags },
    current: current === undefined ? undefined : Object.fromEntries(current),
    ...(published === undefined
      ? {
          files: entries.flatMap(({ path, type, size: bytes }) =>
            type === "directory" ? [] : [{ path, size: bytes }],
          ),
        }
      : { isNew: published.isNew, tagged: published.tagged }),
    ...(published === undefined
      ? {}
      : { uploaded: published.uploaded, mounted: published.mounted }),
  };
}
