/**
 * `oci-artifact tags`: the tags of a repository, or those in a range, as lines or as JSON.
 */
import { documentedInputs } from "../provider/pulumi/inputs";
import { tagsOfInputs } from "../provider/pulumi/tags-of";
import { VERSION_INPUTS } from "../provider/pulumi/version-inputs";
import { formatReference } from "../provider/reference/format";
import type { ListedVersions } from "../provider/list-versions";
import type { TagsCommand } from "./arguments";
import type { FlagValues } from "./flag-values";
import { sayUsage } from "./exit";
import { run } from "./pull";

/** Runs the command. Returns the exit code: a failure where no tag is in the range. */
export async function tagsCommand(command: TagsCommand): Promise<number> {
  const foreign = foreignFlag(command.flags);
  if (foreign !== undefined) return sayUsage(`tags takes no --${foreign}`);
  return await run(command, async (inputs, options) => {
    const { report } = options;
    const found = await tagsOfInputs(inputs, options);
    const { chosen, tags } = found;
    if (command.json) return { text: JSON.stringify(tagsJson(found)) };
    if (chosen !== undefined) report?.info(`a pull takes ${chosen.tag}`);
    return { text: tags.join("\n") };
  });
}

/** The list as one JSON value. */
function tagsJson({ reference, tags, chosen, servedBy }: ListedVersions): object {
  return {
    repository: formatReference(reference),
    tags,
    ...(chosen === undefined ? {} : { chosen }),
    servedBy: servedBy.host,
  };
}

/** What only says something of the content that a tag names. */
function foreignFlag(flags: FlagValues): string | undefined {
  const own = new Set(Object.keys(VERSION_INPUTS));
  return documentedInputs()
    .filter(({ name, group }) => group !== "how" && !own.has(name))
    .flatMap(({ flags: ofInput }) => ofInput)
    .find(({ name }) => flags[name] !== undefined)?.name;
}
