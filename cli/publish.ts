/**
 * The commands of publishing: reads the command line, loads what the verb needs, and says what is wrong
 * or how it is used. The work is that of the verbs.
 */
import { EXIT_CODES, sayUsage } from "./exit";
import { publishHelp } from "./help";
import { parsePublishCommand, type PublishVerb } from "./publish-arguments";

/** Runs the command; returns the exit code. @param args - What stands behind the verb. */
export async function publishCommand(verb: PublishVerb, args: readonly string[]): Promise<number> {
  const command = parsePublishCommand(verb, args);
  if (command === "help") {
    process.stdout.write(publishHelp(verb));
    return EXIT_CODES.done.code;
  }
  if ("problem" in command) return sayUsage(command.problem, verb);
  switch (verb) {
    case "push":
      return await (await import("./push.js")).pushCommand(command);
    case "attach":
      return await (await import("./push.js")).attachCommand(command);
    case "tag":
      return await (await import("./tag.js")).tagCommand(command);
    case "copy":
      return await (await import("./copy.js")).copyCommand(command);
    case "diff":
      return await (await import("./diff.js")).diffCommand(command);
  }
}
