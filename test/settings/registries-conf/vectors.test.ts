/**
 * Every case of the reference implementation's verdicts on registries.conf, laid out on a real disk
 * and read from there; more.json has rules that the other files leave open. Where a case has a quirk,
 * or we differ on purpose, DECISIONS says what we do.
 */
import * as assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { OciError } from "../../../provider/errors";
import { effectiveTag, formatReference } from "../../../provider/reference/format";
import { parseReference } from "../../../provider/reference/parse";
import { endpointOf } from "../../../provider/settings/endpoints";
import { findSources, type Source } from "../../../provider/settings/registries-conf/find-sources";
import { findTable } from "../../../provider/settings/registries-conf/find-table";
import { locateRegistriesConf } from "../../../provider/settings/registries-conf/locate";
import { mergeRegistriesConf } from "../../../provider/settings/registries-conf/merge";
import {
  readRegistriesConf,
  readRememberedAliases,
} from "../../../provider/settings/registries-conf/read";
import { resolveShortName } from "../../../provider/settings/registries-conf/short-names";
import type { ConfText, RegistriesConf } from "../../../provider/settings/registries-conf/tables";
import { usableStops } from "../../../provider/settings/route";
import type { Reference } from "../../../provider/types";
import { folderFor } from "../../support/folder-for-test";
import {
  type Attempt,
  type Case,
  CLASSES,
  DECISIONS,
  type Expected,
  type ExpectedSource,
} from "./verdicts";

const FILES = ["files", "format", "mirrors", "more", "prefix", "shortnames"];

/** Fields of a case that the harness knows; another one would go by unasserted. */
const KNOWN_FIELDS = "name kind note quirk files env uid options reference expected".split(" ");

const casesOf = new Map(
  FILES.map((file) => {
    const text = readFileSync(join("test/data/registries-conf", `${file}.json`), "utf8");
    return [file, (JSON.parse(text) as { readonly cases: readonly Case[] }).cases] as const;
  }),
);

test("each decision is about a case, and each quirk has one", () => {
  const cases = [...casesOf.values()].flat();
  const names = cases.map(({ name }) => name);
  assert.equal(cases.length, 170);
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
});

for (const [file, cases] of casesOf) {
  describe(`registries.conf vectors of ${file}`, () => {
    for (const it of cases) {
      const decision = DECISIONS[it.name];
      test(decision === undefined ? it.name : `${it.name} (${decision.why})`, async (t) => {
        const root = folderFor(t);
        const expected = decision?.instead ?? it.expected;
        if (expected.error === undefined) holds(it, expected, await load(it, root));
        else await fails(it, expected.error.class, root);
      });
    }
  });
}

interface World {
  readonly conf: RegistriesConf;
  readonly remembered: ConfText | undefined;
}

/** Lays the files of a case out below the root, and reads them. */
async function load(it: Case, root: string): Promise<World> {
  const filled = (text: string): string => text.replaceAll("${ROOT}", root);
  for (const [path, text] of Object.entries(it.files ?? {})) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, filled(text));
  }
  const environment = Object.fromEntries(
    Object.entries(it.env ?? {}).map(([name, value]) => [name, filled(value)]),
  );
  const named = it.options?.registriesConf;
  const places = locateRegistriesConf({
    environment,
    home: join(root, "home"),
    uid: it.uid ?? 0,
    root,
    registriesConf: named === undefined ? undefined : filled(named),
  });
  const conf = mergeRegistriesConf(await readRegistriesConf(places));
  return { conf, remembered: await readRememberedAliases(places) };
}

async function fails(it: Case, errorClass: string, root: string): Promise<void> {
  const wording = CLASSES[errorClass];
  assert.ok(wording, `no wording for ${errorClass}`);
  await assert.rejects(
    async () => {
      const { conf, remembered } = await load(it, root);
      if (it.kind === "shortname") return resolveShortName(it.reference ?? "", conf, remembered);
      const reference = parseReference(it.reference ?? "");
      assert.equal(tableOf(reference, conf), it.expected.matchedPrefix);
      return findSources(reference, conf);
    },
    (error: unknown) => {
      assert.ok(error instanceof OciError, String(error));
      assert.match(error.message, wording);
      return true;
    },
  );
}

function holds(it: Case, expected: Expected, world: World): void {
  if (it.kind === "settings") assert.deepEqual(settingsOf(world.conf), expected.settings);
  else if (it.kind === "shortname") holdsForName(it, expected, world);
  else holdsForPull(it, expected, world.conf);
}

function settingsOf(conf: RegistriesConf): unknown {
  return {
    unqualifiedSearchRegistries: conf.unqualifiedSearch,
    shortNameMode: conf.shortNameMode,
    credentialHelpers: conf.credentialHelpers,
    prefixes: conf.registries.map(({ prefix }) => prefix),
  };
}

function holdsForName(it: Case, expected: Expected, { conf, remembered }: World): void {
  const found = resolveShortName(it.reference ?? "", conf, remembered);
  assert.deepEqual(found.candidates.map(withTag), expected.candidates);
  assert.equal(found.origin, expected.origin);
}

function holdsForPull(it: Case, expected: Expected, conf: RegistriesConf): void {
  const reference = parseReference(it.reference ?? "");
  assert.equal(tableOf(reference, conf), expected.matchedPrefix);
  const isBlocked = findTable(nameOf(reference), conf)?.table.blocked ?? false;
  assert.equal(isBlocked, expected.tableBlocked ?? false);
  const all = findSources(reference, conf);
  // Mirrors that are not for such a reference are none of the verdict's sources.
  const sources = all.filter(({ skipped }) => skipped?.startsWith("blocked") ?? true);
  assert.deepEqual(
    sources.map((source) => sourceOf(source, reference, conf)),
    expected.sources,
  );
  const isRefused = refuses(() => usableStops(nameOf(reference), all));
  assert.equal(isRefused, expected.blocked ?? false);
  if (it.kind === "lookup") return;
  const openOrigin = it.options?.tlsVerify === false;
  assert.deepEqual(
    sources.map((source) => attemptOf(source, reference, openOrigin)),
    expected.attempts,
  );
}

function sourceOf(source: Source, reference: Reference, conf: RegistriesConf): ExpectedSource {
  return {
    reference: withTag({ ...reference, ...source }),
    location: locationOf(source, reference, conf),
    host: endpointOf(source, {}).host,
    insecure: source.insecure,
    mirror: source.role === "mirror",
    ...(source.namespaceProxy === undefined ? {} : { namespaceProxy: source.namespaceProxy }),
  };
}

/** The location of the table that the source comes from; the reference itself where there is none. */
function locationOf(source: Source, reference: Reference, conf: RegistriesConf): string {
  const match = findTable(nameOf(reference), conf);
  if (match === undefined) return withTag(reference);
  assert.deepEqual(source.table, match.table.origin);
  if (source.role === "origin") return match.table.location;
  const mirror = match.table.mirrors.find(
    ({ location }) => `${location}${match.rest}` === nameOf(source),
  );
  return mirror?.location ?? assert.fail(`${nameOf(source)} comes from no mirror`);
}

/** What would be dialled, with all hosts dead. `openOrigin` is the switch of the pull itself. */
function attemptOf(source: Source, reference: Reference, openOrigin: boolean): Attempt {
  const name = withTag({ ...reference, ...source });
  if (source.skipped !== undefined) {
    const blockedBy = /^blocked by \[\[registry\]\] "(.*)" of \//.exec(source.skipped)?.[1];
    return { reference: name, dials: [], ...(blockedBy === undefined ? {} : { blockedBy }) };
  }
  const isOpen = source.insecure || (openOrigin && source.role === "origin");
  const { host, plainHttp, fallsBackToHttp } = endpointOf({ ...source, insecure: isOpen }, {});
  assert.equal(plainHttp, false);
  const fallback = fallsBackToHttp === true ? [`http://${host}`] : [];
  return { reference: name, dials: [`https://${host}`, ...fallback] };
}

function tableOf(reference: Reference, conf: RegistriesConf): string | undefined {
  return findTable(nameOf(reference), conf)?.table.prefix;
}

function nameOf({ registry, repository }: Pick<Reference, "registry" | "repository">): string {
  return `${registry}/${repository}`;
}

function withTag({ registry, repository, tag, digest }: Reference): string {
  const reference: Reference = {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
  const asked = effectiveTag(reference);
  return formatReference(asked === undefined ? reference : { ...reference, tag: asked });
}

function refuses(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch (error) {
    assert.ok(error instanceof OciError && error.code === "BLOCKED", String(error));
    return true;
  }
}
