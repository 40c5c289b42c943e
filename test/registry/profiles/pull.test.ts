/** Each registry as it is: a pull over the whole road, and every request that it takes. */
import * as assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { FIRST } from "../../support/manifests";
import { type ProfileName, PROFILES, type RegistryProfile } from "../../support/registry-profiles";
import { openProfile } from "./profile-world";

const ECR = PROFILES.ecr.host;

/** The first pull: method, host, what for, kind of authorization, status. */
const REQUESTS: Readonly<Record<ProfileName, readonly string[]>> = {
  ecr: [
    `GET ${ECR} manifest none 401`,
    `GET ${ECR} manifest basic 200`,
    `GET ${ECR} blob basic 307`,
    "GET prod-eu-central-1-starport-layer-bucket.s3.eu-central-1.amazonaws.com storage none 200",
  ],
  gar: [
    "GET europe-west3-docker.pkg.dev manifest none 401",
    "GET europe-west3-docker.pkg.dev token basic 200",
    "GET europe-west3-docker.pkg.dev manifest bearer 200",
    "GET europe-west3-docker.pkg.dev blob bearer 302",
    "GET europe-west3-docker.pkg.dev storage bearer 200",
  ],
  acr: [
    "GET example.azurecr.io manifest none 401",
    "POST example.azurecr.io token none 200",
    "GET example.azurecr.io manifest bearer 200",
    "GET example.azurecr.io blob bearer 307",
    "GET weuexample.blob.core.windows.net storage none 200",
  ],
  ghcr: [
    "GET ghcr.io manifest none 401",
    "GET ghcr.io token basic 200",
    "GET ghcr.io manifest bearer 200",
    "GET ghcr.io blob bearer 307",
    "GET pkg-containers.githubusercontent.com storage none 200",
  ],
  dockerHub: [
    "GET registry-1.docker.io manifest none 401",
    "GET auth.docker.io token basic 200",
    "GET registry-1.docker.io manifest bearer 200",
    "GET registry-1.docker.io blob bearer 307",
    "GET production.cloudflare.docker.com storage none 200",
  ],
  harbor: [
    "GET harbor.example.com manifest none 401",
    "GET harbor.example.com token basic 200",
    "GET harbor.example.com manifest bearer 200",
    "GET harbor.example.com blob bearer 200",
  ],
  quay: [
    "GET quay.io manifest none 401",
    "GET quay.io token basic 200",
    "GET quay.io manifest bearer 200",
    "GET quay.io blob bearer 302",
    "GET cdn01.quay.io storage none 200",
  ],
  artifactory: [
    "GET acme.jfrog.io manifest none 401",
    "GET acme.jfrog.io token basic 200",
    "GET acme.jfrog.io manifest bearer 200",
    "GET acme.jfrog.io blob bearer 302",
    "GET jfrog-prod.s3.amazonaws.com storage none 200",
  ],
  nexus: [
    "GET nexus.example.com:5002 manifest none 401",
    "GET nexus.example.com:5002 token basic 200",
    "GET nexus.example.com:5002 manifest bearer 200",
    "GET nexus.example.com:5002 blob bearer 200",
  ],
  zot: [
    "GET zot.registry.svc:5000 manifest none 401",
    "GET zot.registry.svc:5000 manifest basic 200",
    "GET zot.registry.svc:5000 blob basic 200",
  ],
};

for (const name of Object.keys(PROFILES) as ProfileName[]) {
  const profile: RegistryProfile = PROFILES[name];

  describe(name, () => {
    test("a pull brings the content, with the login of Docker's file", async (t) => {
      const { artifact, pull, registry, trace } = await openProfile(t, name);
      const { digest, tree } = await pull();
      assert.equal(digest, artifact.digest);
      for (const [file, text] of Object.entries(FIRST)) {
        assert.equal(await readFile(join(tree.directory, file), "utf8"), text);
      }
      assert.deepEqual(trace(), REQUESTS[name]);
      // No ping, whose challenge would name no repository, and no cookie goes back.
      assert.equal(registry.count({ kind: "ping" }), 0);
      assert.ok(registry.requests.every(({ headers }) => headers.cookie === undefined));
    });

    test("the login arrives letter for letter", async (t) => {
      const { pull, registry } = await openProfile(t, name);
      await pull();
      const { username, password, identityToken } = profile.login;
      const form = registry.matching({ kind: "token" })[0]?.form;
      if (identityToken !== undefined) {
        assert.equal(new URLSearchParams(form).get("refresh_token"), identityToken);
        return;
      }
      const [login] = registry.requests.filter(({ authorization }) => authorization === "basic");
      const sent = login?.headers.authorization?.slice("Basic ".length) ?? "";
      assert.equal(Buffer.from(sent, "base64").toString("utf8"), `${username}:${password}`);
    });

    test("a tag that has not moved costs one request, or two without a digest header", async (t) => {
      const { artifact, pull, registry } = await openProfile(t, name);
      await pull();
      registry.clearRequests();
      const { digest } = await pull({ known: artifact.digest });
      assert.equal(digest, artifact.digest);
      assert.deepEqual(
        registry.requests.map(({ method, kind, status }) => `${method} ${kind} ${status ?? 0}`),
        name === "ecr" ? ["HEAD manifest 200", "GET manifest 200"] : ["HEAD manifest 200"],
      );
    });

    test("another repository gets a token of its own, for pull alone", async (t) => {
      const { client, context, endpoint, pull, registry } = await openProfile(t, name);
      await pull();
      registry.repository("other/one").putManifest({ schemaVersion: 2 }, { tag: "1" });
      registry.clearRequests();
      await client.getManifest({ ...endpoint, repository: "other/one" }, "1", context);
      const scopes = registry
        .matching({ kind: "token" })
        .map(({ path, form }) =>
          new URLSearchParams(form ?? path.split("?")[1]).getAll("scope").join(),
        );
      const isBasic = profile.options.auth?.kind === "basic";
      assert.deepEqual(scopes, isBasic ? [] : ["repository:other/one:pull"]);
    });
  });
}
