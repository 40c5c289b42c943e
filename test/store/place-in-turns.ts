/**
 * A process of its own that places two contents in turns at the destination of a program, until it is
 * killed or its standard input ends. Says "ready" after each. Errors of other runs are none.
 *
 * Arguments: the program's directory, and an array of two contents as JSON.
 */
import { OciError } from "../../provider/errors";
import type { Content } from "./content";
import { siteAt } from "./destination-for-test";

async function main(): Promise<void> {
  const [, , project = "", contents = "[]"] = process.argv;
  const site = siteAt(project);
  const all = JSON.parse(contents) as readonly Content[];
  const life = new AbortController();
  process.stdin.resume().once("end", () => {
    life.abort();
  });
  for (let round = 0; !life.signal.aborted; round += 1) {
    const content = all[round % all.length];
    if (content === undefined) return;
    await site.place(content).catch((error: unknown) => {
      if (!(error instanceof OciError)) throw error;
    });
    process.stdout.write("ready\n");
  }
}

void main();
