/** Where registries.conf may lie, for which user and environment; no disk is looked at. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type ConfPlaces,
  type ConfWorld,
  locateRegistriesConf,
} from "../../../provider/settings/registries-conf/locate";

function places(world: Partial<ConfWorld> = {}): ConfPlaces {
  return locateRegistriesConf({ environment: {}, home: "/h", uid: 1000, root: "/", ...world });
}

describe("the main file", () => {
  test("is the user's, the administrator's or the vendor's", () => {
    const { main, mainNamedBy } = places();
    assert.deepEqual(main, [
      "/h/.config/containers/registries.conf",
      "/etc/containers/registries.conf",
      "/usr/share/containers/registries.conf",
    ]);
    assert.equal(mainNamedBy, undefined);
  });

  test("lies below XDG_CONFIG_HOME, unless that is empty", () => {
    const first = (value: string): string | undefined =>
      places({ environment: { XDG_CONFIG_HOME: value } }).main[0];
    assert.equal(first("/x"), "/x/containers/registries.conf");
    assert.equal(first(""), "/h/.config/containers/registries.conf");
  });

  test("is the one that the environment names, and then there are no drop-ins", () => {
    const { main, mainNamedBy, dropIns } = places({
      environment: { CONTAINERS_REGISTRIES_CONF: "/my.conf" },
    });
    assert.deepEqual(main, ["/my.conf"]);
    assert.equal(mainNamedBy, "the environment variable CONTAINERS_REGISTRIES_CONF");
    assert.deepEqual(dropIns, []);
  });

  test("is the one of the option, which beats the environment and leaves the drop-ins", () => {
    const { main, mainNamedBy, dropIns } = places({
      environment: { CONTAINERS_REGISTRIES_CONF: "/my.conf" },
      registriesConf: "/option.conf",
    });
    assert.deepEqual(main, ["/option.conf"]);
    assert.equal(mainNamedBy, "the option registriesConf");
    assert.deepEqual(dropIns, places().dropIns);
  });

  test("is not named by an empty variable", () => {
    const environment = { CONTAINERS_REGISTRIES_CONF: "", CONTAINERS_REGISTRIES_CONF_OVERRIDE: "" };
    assert.deepEqual(places({ environment }), places());
  });

  test("lies below another root, where there is one", () => {
    assert.deepEqual(places({ root: "/r" }).main.slice(1), [
      "/r/etc/containers/registries.conf",
      "/r/usr/share/containers/registries.conf",
    ]);
  });
});

describe("drop-ins", () => {
  test("of a user: those for the uid before those for all without rights, before those for all", () => {
    assert.deepEqual(places().dropIns, [
      "/h/.config/containers/registries.conf.d",
      "/etc/containers/registries.rootless.conf.d/1000",
      "/etc/containers/registries.rootless.conf.d",
      "/etc/containers/registries.conf.d",
      "/usr/share/containers/registries.rootless.conf.d/1000",
      "/usr/share/containers/registries.rootless.conf.d",
      "/usr/share/containers/registries.conf.d",
    ]);
  });

  test("of root", () => {
    assert.deepEqual(places({ uid: 0 }).dropIns, [
      "/h/.config/containers/registries.conf.d",
      "/etc/containers/registries.rootful.conf.d",
      "/etc/containers/registries.conf.d",
      "/usr/share/containers/registries.rootful.conf.d",
      "/usr/share/containers/registries.conf.d",
    ]);
  });

  test("where the system has no uid: those for all", () => {
    assert.deepEqual(places({ uid: undefined }).dropIns, [
      "/h/.config/containers/registries.conf.d",
      "/etc/containers/registries.conf.d",
      "/usr/share/containers/registries.conf.d",
    ]);
  });
});

test("the override is read beside whatever main file there is", () => {
  const environment = {
    CONTAINERS_REGISTRIES_CONF: "/my.conf",
    CONTAINERS_REGISTRIES_CONF_OVERRIDE: "/over.conf",
  };
  assert.equal(places({ environment }).override, "/over.conf");
  assert.equal(places({ environment, registriesConf: "/option.conf" }).override, "/over.conf");
  assert.equal(places().override, undefined);
});

test("podman remembers aliases in the user's cache, and root's in the system's", () => {
  const file = "short-name-aliases.conf";
  assert.equal(places().rememberedAliases, `/h/.cache/containers/${file}`);
  assert.equal(
    places({ environment: { XDG_CACHE_HOME: "/c" } }).rememberedAliases,
    `/c/containers/${file}`,
  );
  assert.equal(places({ uid: 0, root: "/r" }).rememberedAliases, `/r/var/cache/containers/${file}`);
});
