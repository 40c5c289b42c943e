/**
 * The command `oci-artifact`: a thin skin over the same road that the resource takes. Results go to
 * standard output, everything else to standard error.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseCommand } from "./arguments";
import { EXIT_CODES, sayUsage } from "./exit";
import { helpText } from "./help";
import { isPublishVerb } from "./publish-arguments";
import { bearUnwritableOutput } from "./unwritable-output";

async function main(args: readonly string[]): Promise<number> {
  if (args[0] === "cache") return await (await import("./cache.js")).cacheCommand(args.slice(1));
  const [verb, ...rest] = args;
  if (isPublishVerb(verb)) return await (await import("./publish.js")).publishCommand(verb, rest);
  const command = parseCommand(args);
  switch (command.kind) {
    case "help":
      process.stdout.write(helpText());
      return EXIT_CODES.done.code;
    case "version":
      process.stdout.write(`${packageVersion()}\n`);
      return EXIT_CODES.done.code;
    case "wrong":
      return sayUsage(command.problem);
    case "pull":
      return await (await import("./pull.js")).pullCommand(command);
    case "pull-list":
      return await (await import("./pull-all.js")).pullListCommand(command);
    case "inspect":
      return await (await import("./inspect.js")).inspectCommand(command);
    case "verify":
      return await (await import("./inspect.js")).verifyCommand(command);
    case "lock":
      return await (await import("./lock.js")).lockCommand(command);
    case "vendor":
      return await (await import("./vendor.js")).vendorCommand(command);
    case "tags":
      return await (await import("./tags.js")).tagsCommand(command);
    case "explain":
      return await (await import("./inspect.js")).explainCommand(command);
  }
}

/** From dist/cli, or dist/bin where it is bundled, to the package's own folder. */
function packageVersion(): string {
  const file = join(__dirname, "..", "..", "package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

bearUnwritableOutput();
void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
