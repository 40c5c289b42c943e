/** The class under mocks, as the unit tests of its users have it: nothing dials, nothing throws. */
import * as assert from "node:assert/strict";
import { existsSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { ARTIFACT_STUB, ARTIFACT_TYPE } from "../../provider/pulumi/stub";
import { OciArtifact, type OciArtifactArgs } from "../../sdk/index";
import { knownValue } from "../../sdk/outputs";
import { folderFor } from "../support/folder-for-test";

const PATH = ".oci-artifacts/app-0123456789abcdef";

interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

let registered: Registered[] = [];

/** Mocks that answer with the inputs and `state`; programs see it as a preview or an update. */
async function mock(state: Readonly<Record<string, unknown>>, isPreview = false): Promise<void> {
  registered = [];
  await pulumi.runtime.setMocks(
    {
      newResource({ type, name, inputs }) {
        registered.push({ type, name, inputs: inputs as Registered["inputs"] });
        return { id: `${name}-id`, state: { ...(inputs as object), ...state } };
      },
      call: ({ inputs }) => inputs as Record<string, unknown>,
    },
    "project",
    "stack",
    isPreview,
  );
}

const ARGS: OciArtifactArgs = { reference: "registry.invalid/team/app:1" };

function artifact(args: Partial<OciArtifactArgs> = {}): OciArtifact {
  return new OciArtifact("app", { ...ARGS, ...args });
}

/** What stops an output from having a value. It rejects in several promises, each to be met. */
async function failureOf(output: pulumi.Output<unknown>): Promise<string> {
  const { allResources, isKnown, isSecret, promise } = output as unknown as InnerOutput;
  const all = [promise(), allResources(), isKnown, isSecret];
  const [value] = await Promise.allSettled(all);
  return value?.status === "rejected" ? String(value.reason) : assert.fail("it has a value");
}

interface InnerOutput {
  readonly promise: () => Promise<unknown>;
  readonly allResources: () => Promise<unknown>;
  readonly isKnown: Promise<unknown>;
  readonly isSecret: Promise<unknown>;
}

describe("under mocks", () => {
  test("the outputs are what the mock says", async () => {
    await mock({ digest: "sha256:d", path: PATH, annotations: { a: "b" } });
    const resource = artifact();
    assert.equal(await knownValue(resource.digest), "sha256:d");
    assert.equal(await knownValue(resource.path), PATH);
    assert.deepEqual(await knownValue(resource.annotations), { a: "b" });
    assert.equal(await knownValue(resource.absolutePath), resolve(PATH));
    assert.equal(await knownValue(resource.id), "app-id");
  });

  test("mocks that know nothing of artifacts break nothing", async () => {
    await mock({});
    const resource = artifact();
    assert.equal(await knownValue(resource.path), undefined);
    assert.equal(await knownValue(resource.absolutePath), undefined);
    assert.equal(await knownValue(resource.file("a.txt")), undefined);
    assert.equal(await knownValue(resource.directory("a")), undefined);
  });

  test("files, folders, assets and archives of content that is not there", async () => {
    await mock({ path: PATH });
    const resource = artifact();
    assert.equal(await knownValue(resource.file("a/../b.txt")), `${PATH}/b.txt`);
    assert.equal(await knownValue(resource.directory("sub/")), `${PATH}/sub`);
    assert.equal(await knownValue(resource.directory(".")), PATH);
    const asset = await knownValue(resource.fileAsset("b.txt"));
    assert.equal(await asset?.path, `${PATH}/b.txt`);
    const archive = await knownValue(resource.fileArchive());
    assert.equal(await archive?.path, PATH);
    const part = await knownValue(resource.fileArchive("sub"));
    assert.equal(await part?.path, `${PATH}/sub`);
  });

  test("what is registered: type, stub, inputs, the hidden input", async () => {
    await mock({ path: PATH });
    const resource = artifact({ plainHttp: true, caCertificates: ["./ca.pem"] });
    const urn = await knownValue(resource.urn);
    const [{ inputs, name, type } = assert.fail()] = registered;
    assert.deepEqual([type, name], [ARTIFACT_TYPE, "app"]);
    assert.deepEqual(inputs, {
      reference: ARGS.reference,
      plainHttp: true,
      caCertificates: ["./ca.pem"],
      __provider: ARTIFACT_STUB,
      __run: { preview: false, urn, directory: process.cwd(), dependsOn: false },
    });
  });

  test("a pin is an input, not an empty slot of an output", async () => {
    await mock({});
    const resource = artifact({ digest: "sha256:pin" });
    await knownValue(resource.urn);
    assert.equal(registered[0]?.inputs["digest"], "sha256:pin");
  });

  test("the URN of a child is the one that the engine gives", async () => {
    await mock({});
    class Group extends pulumi.ComponentResource {
      constructor() {
        super("test:index:Group", "group");
      }
    }
    const child = new OciArtifact("app", ARGS, { parent: new Group(), dependsOn: [artifact()] });
    const urn = await knownValue(child.urn);
    const run = registered.at(-1)?.inputs["__run"] as Record<string, unknown>;
    assert.equal(run["dependsOn"], true);
    assert.equal(run["urn"], urn);
  });
});

describe("unknown stays unknown", () => {
  test("outputs of a preview", async () => {
    await mock({ path: undefined }, true);
    const resource = artifact();
    for (const output of [resource.path, resource.absolutePath, resource.file("a.txt")]) {
      assert.equal(await knownValue(output), undefined);
    }
  });

  test("an unknown reference is registered as unknown, and delays nothing", async () => {
    await mock({}, true);
    const unknown = pulumi.output(pulumi.unknown as string);
    const resource = artifact({ reference: unknown });
    await knownValue(resource.urn);
    const run = registered[0]?.inputs["__run"] as Record<string, unknown>;
    assert.equal(run["preview"], true);
    assert.equal("ahead" in run, false);
  });
});

describe("names inside the content", () => {
  test("that leave it throw at once", async () => {
    await mock({ path: PATH });
    const resource = artifact();
    for (const name of ["../x", "a/../../x", "..", "/etc/passwd", "..\\x", "\\x", "C:\\x", "c:x"]) {
      for (const use of ["file", "directory", "fileAsset", "fileArchive"] as const) {
        assert.throws(() => resource[use](name), /cannot use .* it leads outside\nhint: /);
      }
    }
  });

  describe("with the content there", () => {
    let before = "";
    const cleanUps: (() => void)[] = [];
    beforeEach(() => {
      before = process.cwd();
      process.chdir(folderFor({ after: (work) => cleanUps.push(work) }));
      mkdirSync(join(PATH, "charts"), { recursive: true });
      writeFileSync(join(PATH, "charts", "values.yaml"), "");
    });
    afterEach(() => {
      process.chdir(before);
      for (const work of cleanUps.splice(0)) work();
    });

    test("that are there are paths relative to the program", async () => {
      await mock({ path: PATH, files: { "./charts/values.yaml": "x" } });
      const resource = artifact();
      const path = await knownValue(resource.file("charts/values.yaml"));
      assert.equal(path, `${PATH}/charts/values.yaml`);
      assert.ok(existsSync(path));
      const absolute = await knownValue(resource.absolutePath);
      assert.equal(absolute, join(realpathSync("."), PATH));
    });

    test("that are not there fail, and near names are listed", async () => {
      await mock({ path: PATH, files: { "./charts/values.yaml": "x", "./README.md": "y" } });
      const failure = await failureOf(artifact().file("charts/value.yaml"));
      assert.match(failure, /cannot use file charts\/value\.yaml: the artifact has no such file/);
      assert.match(failure, /\n {2}near: \.\/charts\/values\.yaml\nhint: /);
      assert.doesNotMatch(failure, /README/);
    });
  });
});

describe("credentials leave the program as secrets", () => {
  /** What the class hands to the engine, before the monitor of the mocks unwraps it. */
  async function sent(args: Partial<OciArtifactArgs>): Promise<pulumi.Output<unknown>> {
    await mock({});
    let seen: unknown;
    new OciArtifact(
      "app",
      { ...ARGS, ...args },
      {
        transformations: [
          ({ props, opts }) => {
            seen = (props as Record<string, unknown>)["credentials"];
            return { props: props, opts };
          },
        ],
      },
    );
    return pulumi.output(seen);
  }

  const plain = { username: "u", password: "hunter2-and-more" };
  const forms: readonly [string, OciArtifactArgs["credentials"]][] = [
    ["plain strings", plain],
    ["an output", pulumi.output(plain)],
    ["outputs inside", { username: "u", password: pulumi.output("hunter2-and-more") }],
    ["a secret", pulumi.secret(plain)],
  ];
  for (const [name, credentials] of forms) {
    test(name, async () => {
      const output = await sent({ credentials });
      assert.equal(await pulumi.isSecret(output), true);
      assert.deepEqual(await knownValue(output), plain);
    });
  }

  test("absent ones stay absent", async () => {
    assert.equal(await knownValue(await sent({})), undefined);
    assert.equal("credentials" in (registered[0]?.inputs ?? {}), false);
  });
});

describe("isInstance", () => {
  test("knows artifacts from everything else", async () => {
    await mock({});
    assert.equal(OciArtifact.isInstance(artifact()), true);
    class Other extends pulumi.ComponentResource {
      constructor() {
        super("test:index:Other", "other");
      }
    }
    for (const value of [new Other(), {}, undefined, null, "x"]) {
      assert.equal(OciArtifact.isInstance(value), false);
    }
  });
});
