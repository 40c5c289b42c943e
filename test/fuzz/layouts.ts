/**
 * Image layouts in a tar with one of their files, or the tar itself, changed at random: what is read has
 * the digest that names it and leads to a plan, or there is an error in words.
 */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { parseManifest } from "../../provider/content/manifest";
import { planContent } from "../../provider/content/plan";
import { SILENT, type Context } from "../../provider/context";
import { digestOf } from "../../provider/digest";
import { createLayoutClient } from "../../provider/layout/client";
import { layoutEndpoint } from "../../provider/layout/endpoint";
import { DEFAULT_LIMITS } from "../../provider/limits";
import { parseReference } from "../../provider/reference/parse";
import { readSettings } from "../../provider/settings/settings";
import { type TarMember, tar } from "../support/archives";
import { artifactOf, IMAGE_NAME, layoutIn, membersOf, REF_NAME } from "../support/layouts";
import type { Grammar, Round } from "./grammar";
import { codeOf } from "./judge";
import { mutated, mutatedFields, mutatedJson, withChecksums } from "./mutations";
import type { Random } from "./random";

let honest: readonly TarMember[] | undefined;

/** Two artifacts, with names as tools write them. */
function make(folder: string): readonly TarMember[] {
  const layout = layoutIn(join(folder, "honest"));
  layout.put(artifactOf(), { [REF_NAME]: "1" });
  layout.put(artifactOf({ x: "y" }), { [IMAGE_NAME]: "ghcr.io/team/app:2" });
  return membersOf(layout.folder);
}

const NAMED = [REF_NAME, IMAGE_NAME, "imageLayoutVersion", "manifests"];

/** One of its documents in another form; the name of a blob goes on naming the old bytes. */
function withChange(members: readonly TarMember[], random: Random): readonly TarMember[] {
  const documents = members.filter(({ content }) => content?.toString().startsWith("{") === true);
  const chosen = random.pick(documents);
  const text = String(chosen.content);
  const content = random.oneIn(4)
    ? mutated(Buffer.from(text), random, [Buffer.from(random.pick(NAMED))])
    : mutatedJson(JSON.parse(text) as unknown, random);
  return members.map((member) => (member === chosen ? { ...member, content } : member));
}

function changed(members: readonly TarMember[], random: Random): Buffer {
  if (random.oneIn(2)) return tar(withChange(members, random));
  const whole = tar(members);
  return random.oneIn(2)
    ? withChecksums(mutatedFields(whole, random))
    : mutated(whole, random, [whole]);
}

async function check({ random, folder }: Round): Promise<string> {
  const path = join(folder, "bundle.tar");
  fs.writeFileSync(path, changed((honest ??= make(folder)), random));
  const { signal } = new AbortController();
  const settings = readSettings({ environment: {}, home: folder, root: folder });
  const context: Context = { settings, limits: DEFAULT_LIMITS, signal, report: SILENT };
  const endpoint = layoutEndpoint(parseReference(`oci-layout://${path}`), "/");
  const client = createLayoutClient();
  const tag = random.pick(["1", "2", "", "latest"]);
  try {
    const { bytes, digest, mediaType } = await client.getManifest(endpoint, tag, context);
    assert.equal(digestOf(bytes), digest);
    const tags = await client.listTags(endpoint, context);
    for (const name of tags) assert.match(name, /^\w[\w.-]{0,127}$/);
    await client.getReferrers(endpoint, digest, context);
    const parsed = parseManifest(bytes, mediaType, path, context.limits);
    if (parsed.kind === "manifest") planContent(parsed, path, context.limits);
    return "done";
  } catch (error) {
    return codeOf(error, { about: path });
  }
}

export const layouts: Grammar = {
  name: "layouts",
  share: 1_000,
  reaches: ["done", "LAYOUT", "NOT_FOUND", "DIGEST_MISMATCH"],
  round: check,
};
