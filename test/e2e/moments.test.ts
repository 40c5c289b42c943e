/**
 * The moments in the life of one stack, in their order. Each is read in five places: the engine's
 * steps, the text that the user sees, the exported state, the files on disk, and the registry's log.
 */
import * as assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { after, before, describe, test } from "node:test";
import { createCertificates } from "../support/certificates";
import { createProject, type Operation, type Project } from "../support/engine";
import { FIRST, publishFiles, SECOND } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

type Files = Readonly<Record<string, string>>;

/** What the pinned artifact has: no file of the other. */
const PINNED: Files = { "policy.rego": "package main\n", "data.json": "{}\n" };
const COPY = "vendor/policies";
const AUTH = { kind: "token", username: "robot", password: "correct-horse-7421" } as const;
const NEXT = { ...AUTH, password: "other-horse-6650" } as const;

/** One question for a tag: the challenge, the token, the answer. Nobody asks for a digest that is here. */
const ASKED = [
  "GET token 200",
  "HEAD manifest team/manifests 200",
  "HEAD manifest team/manifests 401",
];

/** Both artifacts, from nothing. */
const PULLED = [
  "GET blob team/manifests 200",
  "GET blob team/policies 200",
  "GET manifest team/manifests 200",
  "GET manifest team/manifests 401",
  "GET manifest team/policies 200",
  "GET manifest team/policies 401",
  "GET token 200",
  "GET token 200",
];

interface Moment {
  /** Resource → operation of the last phase. */
  readonly steps: Readonly<Record<string, string>>;
  /** Of what the user sees. */
  readonly text: RegExp;
  /** Resource → digest, of the exported state. */
  readonly state: Readonly<Record<string, string>>;
  /** All content below the program's folder: path → text. */
  readonly files: Files;
  /** What the registry was asked, sorted: "HEAD manifest team/manifests 200". */
  readonly requests: readonly string[];
}

/** The trees, the copy, and nothing of what is recorded about them. */
function filesOf({ directory }: Project): Files {
  const folders = [join(directory, ".oci-artifacts"), join(directory, "vendor")];
  const files = folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(directory, join(parentPath, name)))
    .filter((file) => !/^\.oci-artifacts\/(\.pulumi\/|\.gitignore$)/.test(file));
  return Object.fromEntries(
    files.map((file) => [file, readFileSync(join(directory, file), "utf8")]),
  );
}

async function digestsOf(project: Project): Promise<Readonly<Record<string, unknown>>> {
  const { resources = [] } = (await project.exportState()).deployment;
  const artifacts = resources.filter(({ type }) => type.endsWith(":OciArtifact"));
  return Object.fromEntries(
    artifacts.map(({ urn, outputs }) => [urn.replace(/^.*::/, ""), outputs?.["digest"]]),
  );
}

function requestsOf(registry: TestRegistry): readonly string[] {
  return registry.requests
    .map(({ method, kind, repository = "", status }) =>
      [method, kind, repository, status].join(" ").replace(/ +/g, " "),
    )
    .sort();
}

function under(folder: string, files: Files): Files {
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]),
  );
}

function inTree(repository: string, digest: string, files: Files): Files {
  return under(`.oci-artifacts/${repository}-${digest.slice(7, 23)}`, files);
}

describe("each moment of a stack", () => {
  let registry: TestRegistry;
  let project: Project;
  let first: string;
  let second: string;
  let pinned: string;
  /** What lies there once all is pulled and placed. */
  let whole: Files;

  /** One artifact by tag, read already in the preview; one by digest, with a copy. */
  const source = (how: string): string => `
    const pulumi = require("@pulumi/pulumi");
    const { OciArtifact } = require("pulumi-oci-artifact");
    const how = ${how};
    const manifests = new OciArtifact("manifests", { reference: "${registry.host}/team/manifests:1", ...how });
    new OciArtifact("policies",
      { reference: "${registry.host}/team/policies@${pinned}", destination: "${COPY}", ...how });
    const content = manifests.path.apply((path) => new pulumi.asset.FileArchive(path));
    new pulumi.ComponentResource("example:index:Bundle", "bundle", { content });`;

  const howWith = ({ username, password }: typeof AUTH | typeof NEXT, more: object = {}): string =>
    JSON.stringify({ plainHttp: true, credentials: { username, password }, ...more });

  /** Runs one command, and reads all five places. */
  async function assertMoment(
    run: () => Promise<Operation>,
    expected: Moment,
    on = project,
  ): Promise<void> {
    registry.clearRequests();
    const operation = await run();
    assert.equal(operation.exitCode, 0, operation.text);
    const steps = operation.steps.filter(({ name }) => name in expected.steps);
    assert.deepEqual(
      Object.fromEntries(steps.map((step) => [step.name, step.operation])),
      expected.steps,
    );
    assert.match(operation.text, expected.text);
    assert.deepEqual(await digestsOf(on), expected.state);
    assert.deepEqual(filesOf(on), expected.files);
    assert.deepEqual(requestsOf(registry), expected.requests);
  }

  before(async () => {
    registry = await startRegistry({ auth: AUTH });
    first = publishFiles(registry, FIRST).digest;
    pinned = publishFiles(registry, PINNED, "1", "team/policies").digest;
    whole = { ...inTree("policies", pinned, PINNED), ...under(COPY, PINNED) };
    project = await createProject({ program: source(howWith(AUTH)) });
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  test("first preview: all is known, the content can be read, and nothing is placed", async () => {
    await assertMoment(() => project.preview({ diff: true }), {
      steps: { manifests: "create", policies: "create", bundle: "create" },
      text: new RegExp(`digest +: "${first}"[^]*"?\\./deployment\\.yaml"? *:`),
      state: {},
      files: {
        ...inTree("manifests", first, FIRST),
        ...inTree("policies", pinned, PINNED),
      },
      requests: PULLED,
    });
  });

  test("up: what its preview shows is created, and nothing is fetched again", async () => {
    await assertMoment(() => project.up(), {
      steps: { manifests: "create", policies: "create", bundle: "create" },
      text: /\+ 4 created/,
      state: { manifests: first, policies: pinned },
      files: { ...inTree("manifests", first, FIRST), ...whole },
      requests: ASKED,
    });
  });

  test("nothing moved: no diff; one request for the tag, none for the digest, no blob", async () => {
    await assertMoment(() => project.up({ args: ["--expect-no-changes"] }), {
      steps: { manifests: "same", policies: "same", bundle: "same" },
      text: /Resources:\n +4 unchanged/,
      state: { manifests: first, policies: pinned },
      files: { ...inTree("manifests", first, FIRST), ...whole },
      requests: ASKED,
    });
  });

  test("tag moved: the digest and the files that change; dependents see the new ones", async () => {
    second = publishFiles(registry, SECOND).digest;
    whole = {
      ...inTree("manifests", first, FIRST),
      ...inTree("manifests", second, SECOND),
      ...whole,
    };
    await assertMoment(() => project.up({ diff: true }), {
      steps: { manifests: "update", policies: "same", bundle: "update" },
      text: new RegExp(
        `~ digest +: "${first}"\\s+=> "${second}"[^]*~ files[^]*~ \\./deployment\\.yaml`,
      ),
      state: { manifests: second, policies: pinned },
      files: whole,
      requests: ["GET blob team/manifests 200", "GET manifest team/manifests 200", ...ASKED],
    });
  });

  test("fresh runner: the content is restored; one update, of the copy, with its reason", async () => {
    const runner = await project.elsewhere();
    rmSync(join(runner.directory, "vendor"), { recursive: true });
    try {
      await assertMoment(
        () => runner.up(),
        {
          steps: { manifests: "same", policies: "update", bundle: "same" },
          text: /vendor\/policies is updated: /,
          state: { manifests: second, policies: pinned },
          files: {
            ...inTree("manifests", second, SECOND),
            ...inTree("policies", pinned, PINNED),
            ...under(COPY, PINNED),
          },
          requests: PULLED,
        },
        runner,
      );
    } finally {
      await runner.dispose();
    }
  });

  test("tree damaged: healed from the cache, and said; the copy is an update", async () => {
    const [damaged = ""] = Object.keys(inTree("manifests", second, SECOND));
    writeFileSync(join(project.directory, damaged), "edited");
    writeFileSync(join(project.directory, COPY, "data.json"), "edited");
    await assertMoment(() => project.up(), {
      steps: { manifests: "same", policies: "update", bundle: "same" },
      text: /changed locally[^]*~ \.\/deployment\.yaml[^]*vendor\/policies is updated: .*~ \.\/data\.json/,
      state: { manifests: second, policies: pinned },
      files: whole,
      requests: ASKED,
    });
  });

  test("registry down: a warning, and the digest of the state", async () => {
    await registry.stop();
    await assertMoment(() => project.up({ args: ["--expect-no-changes"] }), {
      steps: { manifests: "same", policies: "same", bundle: "same" },
      text: /warning: the registry cannot be asked whether 1 has moved; going on with sha256:/,
      state: { manifests: second, policies: pinned },
      files: whole,
      requests: [],
    });
    await registry.start();
  });

  test("secrets, authorities and proxy changed: no diff, and the new password is used", async () => {
    await registry.close();
    registry = await startRegistry({ port: registry.port, auth: NEXT });
    publishFiles(registry, SECOND);
    const how = howWith(NEXT, {
      caCertificates: [createCertificates().authority.cert],
      proxy: "http://proxy.example:3128",
      timeouts: { total: 300 },
    });
    await project.writeProgram(source(how));
    await assertMoment(() => project.up({ args: ["--expect-no-changes"] }), {
      steps: { manifests: "same", policies: "same", bundle: "same" },
      text: /Resources:\n +4 unchanged/,
      state: { manifests: second, policies: pinned },
      files: whole,
      requests: ASKED,
    });
  });

  test("destroy: claims are given up, what was placed goes, what was edited stays", async () => {
    writeFileSync(join(project.directory, COPY, "data.json"), "edited");
    const { [`${COPY}/policy.rego`]: _placed, ...left } = whole;
    await assertMoment(() => project.destroy(), {
      steps: { manifests: "delete", policies: "delete", bundle: "delete" },
      text: /warning: .*vendor\/policies.*\.\/data\.json/,
      state: {},
      files: { ...left, [`${COPY}/data.json`]: "edited" },
      requests: [],
    });
    assert.deepEqual(readdirSync(join(project.directory, ".oci-artifacts/.pulumi/claims")), []);
  });
});
