/**
 * What an artifact waits for: `dependsOn` asks for the tag when its turn has come, an empty list waits
 * for nothing; and what a component waits for is not known to the artifacts in it.
 */
import * as assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { createProject, type Operation, type Project } from "../support/engine";
import { FIRST, publishFiles, SECOND } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

/** `push` asks the test to push the tags, when it is created: in the update, after the preview. */
const program = (host: string, pusher: string): string => `
  const pulumi = require("@pulumi/pulumi");
  const { OciArtifact } = require("pulumi-oci-artifact");
  class Push extends pulumi.dynamic.Resource {
    constructor(name, url) {
      super({ create: async (inputs) => {
        await fetch(inputs.url, { method: "POST" });
        return { id: name, outs: inputs };
      } }, name, { url });
    }
  }
  class Group extends pulumi.ComponentResource {
    constructor(name, options) { super("example:index:Group", name, {}, options); }
  }
  const artifact = (name, options) => new OciArtifact(name,
    { reference: "${host}/team/" + name + ":1", plainHttp: true }, options);
  const push = new Push("push", "${pusher}");
  artifact("direct", { dependsOn: [push] });
  artifact("inside", { parent: new Group("group", { dependsOn: [push] }) });
  artifact("transformed", { transforms: [
    ({ props, opts }) =>
      ({ props, opts: { ...opts, dependsOn: [push], replaceOnChanges: ["digest"] } }),
  ] });
  artifact("alone", { dependsOn: [] });`;

const NAMES = ["direct", "inside", "transformed", "alone"];

describe("an artifact whose tag the same program pushes", () => {
  let registry: TestRegistry;
  let project: Project;
  let pusher: Server;
  let first: string;
  let second: string;

  const publishAll = (files: Readonly<Record<string, string>>): string =>
    NAMES.map((name) => publishFiles(registry, files, "1", `team/${name}`).digest).at(-1) ?? "";
  const digestsOf = (operation: Operation): Readonly<Record<string, unknown>> =>
    Object.fromEntries(NAMES.map((name) => [name, operation.step(name).outputs["digest"]]));

  before(async () => {
    registry = await startRegistry();
    first = publishAll(FIRST);
    pusher = createServer((_request, response) => {
      second = publishAll(SECOND);
      response.end();
    });
    await new Promise<void>((resolve) => pusher.listen(0, "127.0.0.1", resolve));
    const { port } = pusher.address() as AddressInfo;
    project = await createProject({ program: program(registry.host, `http://127.0.0.1:${port}/`) });
  });
  after(async () => {
    await project.dispose();
    await new Promise((resolve) => pusher.close(resolve));
    await registry.close();
  });

  test("dependsOn takes what was pushed; the others take what the preview showed", async () => {
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    for (const name of NAMES) {
      const shown = up.previewed.find((step) => step.name === name);
      assert.equal(shown?.inputs["digest"], first, name);
    }
    assert.deepEqual(digestsOf(up), {
      direct: second,
      inside: first,
      transformed: first,
      alone: first,
    });
    const order = up.steps.map(({ name }) => name);
    for (const name of ["direct", "inside", "transformed"]) {
      assert.ok(order.indexOf("push") < order.indexOf(name), `${name} has waited: ${order.join()}`);
    }
  });

  test("only dependsOn asks again in the update, and nothing is ever replaced", async () => {
    registry.clearRequests();
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    assert.deepEqual(new Set(Object.values(digestsOf(up))), new Set([second]));
    const asked = NAMES.map((name) => [
      name,
      registry.count({ method: "HEAD", kind: "manifest", repository: `team/${name}` }),
    ]);
    assert.deepEqual(Object.fromEntries(asked), { direct: 2, inside: 1, transformed: 1, alone: 1 });
    const operations = NAMES.map((name) => up.step(name).operation);
    assert.deepEqual(operations, ["same", "update", "update", "update"]);
  });
});
