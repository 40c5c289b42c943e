/** Below which directories certificates may lie, for each kind of user; without a disk. */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { locateCertificates } from "../../../provider/settings/certs-d/locate";

function directoriesFor(
  uid: number | undefined,
  environment: Readonly<Record<string, string>> = {},
  root = "/",
): readonly string[] {
  return locateCertificates({ environment, home: "/home/x", uid, root }).directories;
}

test("the user's come first, then the system's and the vendor's, and Docker's last", () => {
  assert.deepEqual(directoriesFor(1000), [
    "/home/x/.config/containers/certs.d",
    "/etc/containers/certs.rootless.d/1000",
    "/etc/containers/certs.rootless.d",
    "/etc/containers/certs.d",
    "/usr/share/containers/certs.rootless.d/1000",
    "/usr/share/containers/certs.rootless.d",
    "/usr/share/containers/certs.d",
    "/etc/docker/certs.d",
  ]);
});

test("root has directories of its own, and who has no id has none", () => {
  assert.deepEqual(directoriesFor(0), [
    "/home/x/.config/containers/certs.d",
    "/etc/containers/certs.rootful.d",
    "/etc/containers/certs.d",
    "/usr/share/containers/certs.rootful.d",
    "/usr/share/containers/certs.d",
    "/etc/docker/certs.d",
  ]);
  assert.equal(directoriesFor(undefined).length, 4);
});

test("XDG_CONFIG_HOME moves the user's, the root all others", () => {
  assert.equal(directoriesFor(0, { XDG_CONFIG_HOME: "/xdg" })[0], "/xdg/containers/certs.d");
  const empty = { XDG_CONFIG_HOME: "" };
  const [own, ...others] = directoriesFor(0, empty, "/r");
  assert.equal(own, "/home/x/.config/containers/certs.d");
  assert.ok(others.every((directory) => directory.startsWith("/r/")));
});
