/**
 * A process of its own that ensures one tree, for tests of processes that race: says "ready",
 * waits for its standard input to end, then works. Prints how often it had to fill.
 *
 * Arguments: the project's folder, the tree's name, its key, the content as JSON.
 */
import { once } from "node:events";
import { SILENT } from "../../provider/context";
import { openTrees } from "../../provider/store/trees";
import { filler, type Content } from "./content";

async function main(): Promise<void> {
  const [project = "", name = "", key = "", content = "{}"] = process.argv.slice(2);
  const { fill, calls } = filler(JSON.parse(content) as Content);
  process.stdout.write("ready\n");
  await once(process.stdin.resume(), "end");
  await openTrees(project).ensure({ name, key }, fill, SILENT);
  process.stdout.write(`${calls()}\n`);
}

void main();
