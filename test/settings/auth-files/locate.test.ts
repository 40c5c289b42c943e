/** Where credentials may lie, for each user, environment and system; without a disk. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type AuthWorld, locateAuthFiles } from "../../../provider/settings/auth-files/locate";

function namesFor(world: Partial<AuthWorld>): readonly string[] {
  const places = locateAuthFiles({
    environment: {},
    home: "/home/x",
    uid: 1000,
    root: "/",
    platform: "linux",
    ...world,
  });
  return places.inOrder.map(({ name }) => name);
}

const CONFIG = "/home/x/.config/containers/auth.json";
const DOCKER = ["/home/x/.docker/config.json", "/home/x/.dockercfg"];

describe("the places of a machine", () => {
  test("those of containers come before Docker's", () => {
    assert.deepEqual(namesFor({}), ["/run/containers/1000/auth.json", CONFIG, ...DOCKER]);
  });

  test("each variable moves its own place, and an empty one moves none", () => {
    const environment = {
      XDG_RUNTIME_DIR: "/run/user/1000",
      XDG_CONFIG_HOME: "/xdg",
      DOCKER_CONFIG: "/docker",
    };
    assert.deepEqual(namesFor({ environment }), [
      "/run/user/1000/containers/auth.json",
      "/xdg/containers/auth.json",
      "/docker/config.json",
      "/home/x/.dockercfg",
    ]);
    const empty = Object.fromEntries(Object.keys(environment).map((name) => [name, ""]));
    assert.deepEqual(namesFor({ environment: empty }), namesFor({}));
  });

  test("a text of the environment comes first, and is not named by what it says", () => {
    const environment = { DOCKER_AUTH_CONFIG: '{"auths":{}}' };
    assert.deepEqual(namesFor({ environment }), [
      "the environment variable DOCKER_AUTH_CONFIG",
      ...namesFor({}),
    ]);
  });

  test("the root is that of the session's file alone", () => {
    assert.equal(namesFor({ root: "/r" })[0], "/r/run/containers/1000/auth.json");
    assert.deepEqual(namesFor({ root: "/r" }).slice(1), namesFor({}).slice(1));
  });

  test("without a user id there is no session", () => {
    assert.deepEqual(namesFor({ uid: undefined }), [CONFIG, ...DOCKER]);
  });

  test("elsewhere than on Linux the session's file is in the home", () => {
    const environment = { XDG_RUNTIME_DIR: "/run/user/1000" };
    assert.deepEqual(namesFor({ environment, platform: "darwin" }), [CONFIG, ...DOCKER]);
    const moved = { XDG_CONFIG_HOME: "/xdg" };
    assert.deepEqual(namesFor({ environment: moved, platform: "darwin" }), [
      CONFIG,
      "/xdg/containers/auth.json",
      ...DOCKER,
    ]);
  });
});

describe("a file that is named", () => {
  const environment = { REGISTRY_AUTH_FILE: "/b.json", DOCKER_AUTH_CONFIG: "{}" };

  test("is the only place, and the option beats the variable", () => {
    assert.deepEqual(namesFor({ environment }), ["/b.json"]);
    assert.deepEqual(namesFor({ environment, authFile: "/a.json" }), ["/a.json"]);
  });

  test("says what names it, and whether it was named for this pull", () => {
    const world = { environment, home: "/home/x", uid: 0, root: "/" };
    assert.deepEqual(locateAuthFiles(world).inOrder, [
      { name: "/b.json", namedBy: "the environment variable REGISTRY_AUTH_FILE" },
    ]);
    assert.deepEqual(locateAuthFiles({ ...world, authFile: "/s/.dockercfg" }).inOrder, [
      { name: "/s/.dockercfg", isLegacy: true, namedBy: "the option authFile", isGiven: true },
    ]);
  });
});
