/**
 * Every case of the reference implementation's verdicts on files with credentials and on helpers,
 * laid out on a real disk, with real programs. Where a case has a quirk, or we differ on purpose,
 * DECISIONS says what we do.
 */
import * as assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parseReference } from "../../../provider/reference/parse";
import { type AuthPlaces, locateAuthFiles } from "../../../provider/settings/auth-files/locate";
import {
  type CredentialSearch,
  explainCredential,
  findCredential,
} from "../../../provider/settings/credentials";
import { locateRegistriesConf } from "../../../provider/settings/registries-conf/locate";
import { mergeRegistriesConf } from "../../../provider/settings/registries-conf/merge";
import { readRegistriesConf } from "../../../provider/settings/registries-conf/read";
import type { Credential } from "../../../provider/types";
import { folderFor } from "../../support/folder-for-test";
import { recordReport } from "../../support/report-for-test";
import { type LaidOutMachine, layOut } from "../../support/vector-files";
import { type Case, DECISIONS, type ExpectedCredential, type HelperCall } from "./verdicts";

const FILES = ["files.json", "helpers.json"];

/** Fields of a case that the harness knows; another one would go by unasserted. */
const KNOWN_FIELDS = "name kind note quirk files env options reference key expected".split(" ");

const casesOf = new Map(
  FILES.map((file) => {
    const text = readFileSync(join("test/data/vectors/auth", file), "utf8");
    return [file, (JSON.parse(text) as { readonly cases: readonly Case[] }).cases] as const;
  }),
);

test("each decision is about a case, and each quirk has one", () => {
  const cases = [...casesOf.values()].flat();
  const names = cases.map(({ name }) => name);
  assert.ok(cases.length > 40);
  assert.deepEqual(
    Object.keys(DECISIONS).filter((name) => !names.includes(name)),
    [],
  );
  assert.deepEqual(
    cases.filter((it) => it.quirk !== undefined && !(it.name in DECISIONS)).map(({ name }) => name),
    [],
  );
  assert.deepEqual(
    cases.flatMap((it) => Object.keys(it).filter((field) => !KNOWN_FIELDS.includes(field))),
    [],
  );
  assert.ok(cases.every(({ kind }) => kind === "auth"));
});

for (const [file, cases] of casesOf) {
  describe(`auth vectors of ${file}`, () => {
    for (const it of cases) {
      const decision = DECISIONS[it.name];
      test(decision === undefined ? it.name : `${it.name} (${decision.why})`, async (t) => {
        const expected = decision?.instead ?? it.expected;
        const machine = layOut(it, folderFor(t));
        if (expected.error?.class === "reference-invalid") {
          assert.throws(() => parseReference(it.key ?? ""), { code: "INVALID_REFERENCE" });
          return;
        }
        assert.equal(expected.error, undefined);
        const search = await searchOf(it, machine);
        const { registry, repository } = parseReference(it.reference ?? it.key ?? "");
        const report = recordReport();
        const explained = await explainCredential(search, registry, repository);
        assert.deepEqual(callsOf(machine), []);
        const found = await findCredential(search, registry, repository, report);
        assert.deepEqual(secretsOf(found), expected.credential);
        assert.equal(
          foundIn(found, machine.root),
          expected.foundIn && machine.filled(expected.foundIn),
        );
        assert.deepEqual(callsOf(machine), expected.helperCalls ?? []);
        assertWarned(report.lines, decision?.warning);
        if (found === undefined) return;
        const said = [explained.source ?? "", ...explained.notes].join("\n");
        assert.ok(said.includes(found.source), said);
      });
    }
  });
}

async function searchOf(it: Case, machine: LaidOutMachine): Promise<CredentialSearch> {
  const { environment } = machine;
  const conf = mergeRegistriesConf(await readRegistriesConf(locateRegistriesConf(machine)));
  const { authFile, legacyAuthFile } = it.options ?? {};
  const named = authFile ?? legacyAuthFile;
  const places = locateAuthFiles({
    ...machine,
    platform: "linux",
    authFile: named === undefined ? undefined : machine.filled(named),
  });
  return {
    places: legacyAuthFile === undefined ? places : asLegacy(places),
    searchPath: environment["PATH"] ?? "",
    helpers: conf.credentialHelpers,
  };
}

/** We know the oldest form by the file's name, and have no option for it. */
function asLegacy({ inOrder }: AuthPlaces): AuthPlaces {
  return { inOrder: inOrder.map((place) => ({ ...place, isLegacy: true })) };
}

/** As the verdicts write it: what is empty is absent. */
function secretsOf(found: Credential | undefined): ExpectedCredential | undefined {
  if (found === undefined) return undefined;
  const { username, password, identityToken } = found;
  const fields = Object.entries({ username, password, identityToken });
  return Object.fromEntries(fields.filter(([, value]) => (value ?? "") !== ""));
}

/** The file that holds the credential, or names its helper; or the helper, where registries.conf does. */
function foundIn(found: Credential | undefined, root: string): string | undefined {
  if (found === undefined) return undefined;
  const [, program = "", listed = ""] = /^(\S+) \((.*)\)$/.exec(found.source) ?? [];
  if (listed === "credential-helpers of registries.conf") {
    return program.replace("docker-credential-", "helper:");
  }
  const file = /^cred.* of (\S+)$/.exec(listed)?.[1] ?? program;
  return file.replace(`${root}/`, "");
}

function callsOf({ root }: LaidOutMachine): readonly HelperCall[] {
  const log = join(root, "helper.log");
  if (!existsSync(log)) return [];
  const lines = readFileSync(log, "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const [helper = "", action = "", stdin = ""] = line.split("|");
    return { helper, action, stdin };
  });
}

function assertWarned(lines: readonly string[], warning: RegExp | undefined): void {
  assert.equal(lines.length, warning === undefined ? 0 : 1, lines.join("\n"));
  if (warning !== undefined) assert.match(lines[0] ?? "", warning);
}
