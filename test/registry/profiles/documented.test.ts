/** docs/registries.md speaks of every registry that has a profile, in the words of the errors. */
import * as assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type ProfileName, PROFILES } from "../../support/registry-profiles";
import { REPOSITORY } from "../../support/repository";

const TEXT = readFileSync(join(REPOSITORY, "docs", "registries.md"), "utf8");

const SECTIONS: Readonly<Record<ProfileName, string>> = {
  ecr: "Amazon ECR",
  gar: "Google Artifact Registry",
  acr: "Azure Container Registry",
  ghcr: "GitHub Container Registry",
  dockerHub: "Docker Hub",
  harbor: "Harbor",
  quay: "Quay",
  artifactory: "JFrog Artifactory",
  nexus: "Sonatype Nexus Repository",
  zot: "zot",
};

describe("docs/registries.md", () => {
  for (const name of Object.keys(PROFILES) as ProfileName[]) {
    test(`has a row and a section for ${name}`, () => {
      const section = SECTIONS[name];
      assert.ok(TEXT.includes(`\n## ${section}\n`), section);
      assert.ok(TEXT.includes(`](#${section.toLowerCase().replaceAll(" ", "-")})`), section);
    });
  }

  test("quotes errors as they are", () => {
    const folder = join(REPOSITORY, "provider", "registry");
    const sources = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
    const [, table = ""] = TEXT.split("| the error says");
    const quoted = [
      ...table
        .split("\n\n", 1)
        .join()
        .matchAll(/\n\| `([^`]+)`/g),
    ];
    assert.equal(quoted.length, 4);
    for (const part of quoted.flatMap(([, quote = ""]) => quote.split(", …"))) {
      const words = part.trim();
      assert.ok(
        sources.some((source) => source.includes(words)),
        words,
      );
    }
  });
});
