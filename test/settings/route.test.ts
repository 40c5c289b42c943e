/** The order in which places are asked, and why some are passed over. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseReference } from "../../provider/reference/parse";
import { type NamedMirror, routeOf, type Stop, usableStops } from "../../provider/settings/route";
import { confOf, refusalOf } from "./registries-conf/conf";

const DIGEST = `sha256:${"0".repeat(64)}`;

const CONF = `
[[registry]]
location = "ghcr.io"
[[registry.mirror]]
location = "file.example/ghcr"
`;

function route(
  reference: string,
  mirrors: readonly Omit<NamedMirror, "name">[],
  conf = "",
  fallback = true,
): readonly Stop[] {
  const named = mirrors.map((mirror, index) => ({ ...mirror, name: `mirrors[${index}]` }));
  return routeOf(parseReference(reference), { conf: confOf(conf), mirrors: named, fallback });
}

function shown(stops: readonly Stop[]): readonly string[] {
  return stops.map(({ registry, repository, namedBy = "", skipped = "" }) =>
    [`${registry}/${repository}`, namedBy, skipped].join("|"),
  );
}

test("named mirrors come first, then those of registries.conf, then the registry itself", () => {
  const mirrors = [{ location: "one.example:5000/ghcr/" }, { location: "two.example" }];
  const stops = route("ghcr.io/team/app:1", mirrors, CONF);
  assert.deepEqual(shown(stops), [
    "one.example:5000/ghcr/team/app|mirrors[0]|",
    "two.example/team/app|mirrors[1]|",
    'file.example/ghcr/team/app|[[registry]] "ghcr.io" of 1.conf|',
    'ghcr.io/team/app|[[registry]] "ghcr.io" of 1.conf|',
  ]);
  assert.deepEqual(
    stops.map(({ role, mirror }) => [role, mirror]),
    [
      ["mirror", 0],
      ["mirror", 1],
      ["mirror", undefined],
      ["origin", undefined],
    ],
  );
});

test("a mirror of Docker Hub has the library's images below library/", () => {
  assert.deepEqual(shown(route("busybox", [{ location: "m.example/hub" }])), [
    "m.example/hub/library/busybox|mirrors[0]|",
    "docker.io/library/busybox||",
  ]);
});

test("a host without a dot is a host, and Docker Hub has one name", () => {
  const mirrors = [{ location: "mirror" }, { location: "index.docker.io/team" }];
  const [first, second] = route("ghcr.io/app:1", mirrors);
  assert.equal(first?.registry, "mirror");
  assert.equal(second?.registry, "docker.io");
});

describe("passed over is", () => {
  test("a mirror for digests where a tag is wanted, and one for tags where a digest is", () => {
    const mirrors = [
      { location: "d.example", pullFromMirror: "digest-only" },
      { location: "t.example", pullFromMirror: "tag-only" },
      { location: "a.example", pullFromMirror: "all" },
    ] as const;
    const namesOf = (reference: string): readonly string[] =>
      usableStops(reference, route(reference, mirrors)).map(({ registry }) => registry);
    assert.deepEqual(namesOf("ghcr.io/app:1"), ["t.example", "a.example", "ghcr.io"]);
    assert.deepEqual(namesOf(`ghcr.io/app:1@${DIGEST}`), ["d.example", "a.example", "ghcr.io"]);
  });

  test("a named mirror that registries.conf blocks", () => {
    const conf = '[[registry]]\nlocation = "m.example"\nblocked = true\n';
    assert.deepEqual(shown(route("ghcr.io/app:1", [{ location: "m.example/x" }], conf)), [
      'm.example/x/app|mirrors[0]|blocked by [[registry]] "m.example" of 1.conf',
      "ghcr.io/app||",
    ]);
  });

  test("the registry itself, with fallback: false", () => {
    const stops = route("ghcr.io/app:1", [{ location: "m.example" }], "", false);
    assert.deepEqual(shown(stops), [
      "m.example/app|mirrors[0]|",
      "ghcr.io/app||left out by fallback: false",
    ]);
    assert.equal(usableStops("ghcr.io/app:1", stops).length, 1);
  });
});

test("where nobody is left to ask, the error has each place with its reason", () => {
  const mirrors = [{ location: "m.example", pullFromMirror: "digest-only" }] as const;
  const stops = route("ghcr.io/app:1", mirrors, "", false);
  assert.equal(
    refusalOf(() => usableStops("ghcr.io/app:1", stops), "BLOCKED").message,
    `cannot pull ghcr.io/app:1: no mirror serves it, and its own registry is left out by fallback: false
  m.example/app: it is for digests only (pull-from-mirror = "digest-only")
  ghcr.io/app: left out by fallback: false
hint: name a mirror that serves it in mirrors, or drop fallback: false`,
  );
});
