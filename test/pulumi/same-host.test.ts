/** A mirror at the reference's own host and port: when it gets the login of the reference, and when not. */
import * as assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { SILENT } from "../../provider/context";
import { readInputs } from "../../provider/pulumi/read-inputs";
import { requestOf } from "../../provider/pulumi/request";
import { openConfiguration } from "../../provider/settings/configuration";
import { readSettings } from "../../provider/settings/settings";
import { folderFor } from "../support/folder-for-test";

describe("the login of the reference, at a mirror on its own host and port", () => {
  const conf = (insecure: boolean): string => `[[registry]]
location = "own.example"
insecure = ${insecure}
[[registry.mirror]]
location = "own.example/conf"
insecure = true
`;
  const credentials = { username: "u", password: "geheim 42" };
  const mirrors = [
    "own.example/same",
    { location: "own.example/plain", plainHttp: true },
    { location: "own.example/unverified", skipTlsVerify: true },
    { location: "own.example/its-own", plainHttp: true, credentials },
  ];

  /** The first components of the repositories that are asked with a login. */
  async function loggedIn(
    context: { after(work: () => void): void },
    more: Readonly<Record<string, unknown>>,
    isInsecure = false,
  ): Promise<readonly string[]> {
    const folder = folderFor(context);
    writeFileSync(join(folder, "mirrors.conf"), conf(isInsecure));
    const settings = readSettings({ environment: {}, home: folder, root: folder });
    const configuration = openConfiguration(settings);
    const values = { reference: "own.example/team/app:1", credentials, mirrors, ...more };
    const read = readInputs({ ...values, registriesConf: "mirrors.conf" });
    assert.ok("inputs" in read);
    const world = { configuration, directory: folder, report: SILENT };
    const way = await requestOf(read, undefined, world);
    return way.endpoints
      .filter(({ credential }) => credential !== undefined)
      .map(({ repository }) => repository.split("/")[0] ?? "");
  }

  test("goes along only where that is reached as safely", async (context) => {
    assert.deepEqual(await loggedIn(context, {}), ["same", "its-own", "team"]);
    const unverified = await loggedIn(context, { skipTlsVerify: true });
    assert.deepEqual(unverified, ["same", "unverified", "its-own", "team"]);
    const all = ["same", "plain", "unverified", "its-own", "conf", "team"];
    assert.deepEqual(await loggedIn(context, { plainHttp: true }), all);
    assert.deepEqual(await loggedIn(context, { insecure: true }), all);
    assert.deepEqual(await loggedIn(context, {}, true), all);
  });
});
