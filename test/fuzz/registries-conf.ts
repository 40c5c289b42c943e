/**
 * registries.conf with its drop-ins, as people write it and changed at random: the table with the longest
 * prefix counts, the later file replaces the earlier one's, what is blocked is not asked; and what cannot
 * be used is an error that names the file, and where it is no TOML, the line.
 */
import * as assert from "node:assert/strict";
import { parseReference } from "../../provider/reference/parse";
import { findSources } from "../../provider/settings/registries-conf/find-sources";
import { findTable } from "../../provider/settings/registries-conf/find-table";
import { mergeRegistriesConf } from "../../provider/settings/registries-conf/merge";
import { resolveShortName } from "../../provider/settings/registries-conf/short-names";
import type { ConfText, RegistriesConf } from "../../provider/settings/registries-conf/tables";
import { parseToml } from "../../provider/settings/registries-conf/toml";
import { routeOf } from "../../provider/settings/route";
import type { Grammar } from "./grammar";
import { valueOf } from "./judge";
import { mutatedText } from "./mutations";
import { several, shuffled, type Random } from "./random";

/** One `[[registry]]`, as it is written. */
interface Table {
  readonly prefix: string;
  readonly location: string;
  readonly blocked: boolean;
  readonly mirrors: readonly string[];
}

/** One file. */
interface File {
  readonly name: string;
  readonly tables: readonly Table[];
  readonly search?: readonly string[];
  readonly aliases: Readonly<Record<string, string>>;
}

const PREFIXES = [
  "ghcr.io",
  "ghcr.io/team",
  "ghcr.io/team/app",
  "ghcr.io:443",
  "docker.io/library",
  "docker.io",
  "*.example",
  "*.io",
  "a.example",
];
const LOCATIONS = ["mirror.example", "mirror.example:5000/ghcr", "ghcr.io/other", "b.example/x"];
const NAMES = ["00-main.conf", "10-team.conf", "99-site.conf"];
const REFERENCES = [
  "ghcr.io/team/app:1",
  "ghcr.io/team/application:1",
  "ghcr.io:443/team/app",
  "busybox",
  "a.example/x",
  "b.a.example/x",
  `quay.io/a@sha256:${"0a".repeat(32)}`,
];
const SHORT_NAMES = ["app", "team/app:1", "busybox"];

const PARTS = [
  ...Array.from("[]=\"'{}#,.\n\\ "),
  ...PREFIXES,
  ...LOCATIONS,
  "[[registry]]\n",
  "[[registry.mirror]]\n",
  "[aliases]\n",
  "blocked = true\n",
  "insecure = true\n",
  'pull-from-mirror = "digest-only"\n',
  "mirror-by-digest-only = true\n",
  "[registries.search]\n",
  'short-name-mode = "enforcing"\n',
  "https://",
  "user:password@",
  '"""',
  "__proto__",
  "constructor",
  "1979-05-27",
  "0x",
  "inf",
  "99999999999999999999",
  "\\u0000",
  "é",
  "[".repeat(2_000),
];

function file(random: Random, name: string): File {
  const tables = several(random, 0, 4, () => ({
    prefix: random.pick(PREFIXES),
    location: random.pick(LOCATIONS),
    blocked: random.oneIn(4),
    mirrors: several(random, 0, 2, () => random.pick(LOCATIONS)),
  }));
  const search = several(random, 1, 2, () => random.pick(["quay.io", "host:5000", "registry"]));
  return {
    name,
    // Tables of one location say the same of it, and of two with one prefix the first counts.
    tables: tables.filter(
      (one, at) =>
        tables.findIndex(({ prefix }) => prefix === one.prefix) === at &&
        tables.every((other) => other.location !== one.location || other.blocked === one.blocked),
    ),
    ...(random.oneIn(2) ? {} : { search }),
    aliases: random.oneIn(2) ? {} : { app: random.pick(["ghcr.io/team/app", "quay.io/x", ""]) },
  };
}

/** The file in one of the ways to write it. */
function written({ tables, search, aliases }: File, random: Random): string {
  const text = (value: string): string =>
    random.pick([`"${value}"`, `'${value}'`, `"""${value}"""`, JSON.stringify(value)]);
  const noise = (): string => random.pick(["", "", "# a comment\n", "\n", "  "]);
  const blocks = tables.map(({ prefix, location, blocked, mirrors }) => {
    const lines = [
      `prefix = ${text(prefix)}`,
      `${random.pick(["location", "Location"])} = ${text(location)}`,
      ...(blocked ? ["blocked = true"] : random.pick([["blocked=false"], []])),
    ];
    const inline = mirrors.map((mirror) => `{ location = ${text(mirror)} }`).join(", ");
    const isInline = random.oneIn(2);
    const own = shuffled(random, isInline ? [...lines, `mirror = [${inline}]`] : lines);
    const rest = isInline
      ? []
      : mirrors.map((each) => `[[registry.mirror]]\nlocation = ${text(each)}`);
    return `[[registry]]\n${[...own, ...rest].map((line) => noise() + line).join("\n")}\n`;
  });
  const pairs = Object.entries(aliases).map(([short, name]) => `"${short}" = ${text(name)}`);
  return [
    ...(search === undefined
      ? []
      : [`unqualified-search-registries = [${search.map(text).join(", ")}]\n`]),
    ...shuffled(random, [
      ...blocks,
      ...(pairs.length === 0 ? [] : [`[aliases]\n${pairs.join("\n")}\n`]),
    ]),
  ].join(noise());
}

/** By the manual: the longest prefix, of whole components; `*.` stands for what is before a host. */
function expectedTable(name: string, files: readonly File[]): Table | undefined {
  const byPrefix = new Map(
    files.flatMap(({ tables }) => tables).map((each) => [each.prefix, each]),
  );
  const host = name.slice(0, name.search(/[:/]/));
  const isFor = ({ prefix }: Table): boolean =>
    prefix.startsWith("*.")
      ? host.length > prefix.length - 1 && host.endsWith(prefix.slice(1))
      : name === prefix || name.startsWith(`${prefix}/`) || name.startsWith(`${prefix}:`);
  return [...byPrefix.values()]
    .filter(isFor)
    .sort((a, b) => b.prefix.length - a.prefix.length || (a.prefix.startsWith("*.") ? 1 : -1))[0];
}

function checkModel(conf: RegistriesConf, files: readonly File[]): void {
  for (const text of REFERENCES) {
    const reference = parseReference(text);
    const name = `${reference.registry}/${reference.repository}`;
    const table = expectedTable(name, files);
    const found = findTable(name, conf)?.table;
    assert.deepEqual(
      found && { prefix: found.prefix, location: found.location, blocked: found.blocked },
      table && { prefix: table.prefix, location: table.location, blocked: table.blocked },
      text,
    );
    const locations = found?.mirrors.map(({ location }) => location);
    assert.deepEqual(locations, table?.mirrors);
    // Not each location makes a name with what stands behind the prefix.
    const sources = valueOf(() => findSources(reference, conf));
    if ("code" in sources) continue;
    const origin = sources.at(-1);
    assert.equal(origin?.role, "origin");
    if (table?.blocked === true) assert.ok(origin.skipped !== undefined);
  }
  const search = files.map((each) => each.search).findLast((each) => each !== undefined) ?? [];
  assert.deepEqual(conf.unqualifiedSearch, search);
  const alias = files.map(({ aliases }) => aliases["app"]).findLast((each) => each !== undefined);
  assert.equal(conf.aliases.get("app")?.name, alias === "" ? undefined : alias);
}

/** What a configuration leads to, whatever is in it: an order of places, or an error that says why not. */
function checkUse(conf: RegistriesConf, random: Random): string {
  const reference = parseReference(random.pick(REFERENCES));
  const route = valueOf(() => routeOf(reference, { conf, mirrors: [], fallback: true }));
  const short = valueOf(() => resolveShortName(random.pick(SHORT_NAMES), conf));
  if ("candidates" in short) assert.ok(short.candidates.length > 0);
  if ("code" in route) return `route ${route.code}`;
  assert.equal(route.at(-1)?.role, "origin");
  for (const { registry, repository, skipped } of route) {
    const table = findTable(`${registry}/${repository}`, conf)?.table;
    if (table?.blocked === true) assert.ok(skipped !== undefined, registry);
  }
  return "used";
}

export const registriesConf: Grammar = {
  name: "registries-conf",
  share: 2_500,
  reaches: ["read", "used", "CONFIG"],
  round({ random }) {
    const files = several(random, 1, 3, () => "").map((_, at) => file(random, NAMES[at] ?? ""));
    const texts = files.map((each): ConfText => ({ file: each.name, text: written(each, random) }));
    if (random.oneIn(3)) {
      checkModel(mergeRegistriesConf(texts), files);
      return "read";
    }
    const at = random.below(texts.length);
    const broken = texts.map(({ file: name, text }, index) => ({
      file: name,
      text: index === at ? mutatedText(text, random, PARTS) : text,
    }));
    const expectations = { about: NAMES[at] ?? "", secrets: ["user:password"] };
    const conf = valueOf(() => mergeRegistriesConf(broken), expectations);
    if ("code" in conf) {
      checkLine(broken[at], conf.code);
      return conf.code;
    }
    return checkUse(conf, random);
  },
};

/** What is no TOML is broken at a line. */
function checkLine(broken: ConfText | undefined, code: string): void {
  assert.equal(code, "CONFIG");
  const document = valueOf(() => parseToml(broken?.text ?? "", broken?.file ?? ""));
  if (!("code" in document)) return;
  assert.throws(
    () => parseToml(broken?.text ?? "", broken?.file ?? ""),
    /: line [1-9][0-9]*, column [1-9][0-9]*: \S/,
  );
}
