/**
 * Files with credentials, as docker and podman write them and changed at random, and folders of
 * certs.d: the entry that counts is the one that the rule says, and no error shows a secret.
 */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { readEntry } from "../../provider/settings/auth-files/entry";
import { spotsOf } from "../../provider/settings/auth-files/find";
import { parseAuthFile } from "../../provider/settings/auth-files/parse";
import { readHostCertificates } from "../../provider/settings/certs-d/read";
import { createCertificates, type CertificatePair } from "../support/certificates";
import type { Grammar, Round } from "./grammar";
import { codeOf, outcomeOf } from "./judge";
import { mutatedJson, mutatedText } from "./mutations";
import { several, type Random } from "./random";

const FILE = "/home/user/.docker/config.json";
const PASSWORD = "correct-horse-battery";
const AUTH = Buffer.from(`user:${PASSWORD}`).toString("base64");
/** What of it a message would have to hold to be of use to anybody. */
const SECRETS = [PASSWORD, AUTH, PASSWORD.slice(0, 12), AUTH.slice(4, 20)];

const KEYS = [
  "registry.example",
  "registry.example/team",
  "registry.example/team/app",
  "https://registry.example/v1/",
  "registry.example:5000",
  "docker.io",
  "https://index.docker.io/v1/",
  "*.example",
];
const ENTRIES = [
  { auth: AUTH },
  { username: "user", password: PASSWORD },
  { auth: Buffer.from(`<token>:${PASSWORD}`).toString("base64") },
  { identitytoken: PASSWORD },
  {},
];
const PARTS = [
  '"',
  ":",
  "{",
  "}",
  ",",
  "[",
  "\\",
  "\n",
  "=",
  "auths",
  "auth",
  AUTH,
  PASSWORD,
  "\u0000",
];

function document(random: Random): Readonly<Record<string, unknown>> {
  const auths = Object.fromEntries(
    several(random, 0, 4, () => [random.pick(KEYS), random.pick(ENTRIES)] as const),
  );
  return {
    [random.pick(["auths", "Auths"])]: auths,
    ...(random.oneIn(4) ? { credsStore: random.pick(["desktop", "", null, 1]) } : {}),
    ...(random.oneIn(4) ? { credHelpers: { "ghcr.io": "gh" } } : {}),
  };
}

/** By the manual: the longest key of host and path; keys that are URLs mean their host. */
function expectedKey(keys: readonly string[]): string | undefined {
  const exact = ["/team/app", "/team", ""].map((path) => `registry.example${path}`);
  return [...exact, "https://registry.example/v1/"].find((key) => keys.includes(key));
}

function checkFile(random: Random): string {
  const made = document(random);
  const auths = (made["auths"] ?? made["Auths"]) as Readonly<Record<string, unknown>>;
  if (random.oneIn(3)) {
    const file = parseAuthFile(JSON.stringify(made), FILE);
    const spot = spotsOf(file, "registry.example", "team/app").find(({ kind }) => kind === "entry");
    const key = expectedKey(Object.keys(auths));
    assert.equal(spot?.listed, key === undefined ? undefined : `auths["${key}"]`);
    if (spot?.kind !== "entry") return "no entry";
    const found = readEntry(spot.entry, FILE, spot.listed);
    const isEmpty = Object.keys(spot.entry as object).length === 0;
    assert.equal(found === undefined, isEmpty);
    assert.ok(isEmpty || Object.values(found ?? {}).includes(PASSWORD));
    return "entry";
  }
  const text = random.oneIn(2)
    ? mutatedJson(made, random)
    : mutatedText(JSON.stringify(made), random, PARTS);
  const work = (): void => {
    const file = parseAuthFile(text, FILE, random.oneIn(5));
    for (const spot of spotsOf(file, "registry.example", "team/app")) {
      if (spot.kind === "entry") readEntry(spot.entry, FILE, spot.listed);
    }
  };
  return outcomeOf(work, { about: FILE, secrets: SECRETS });
}

let pair: CertificatePair | undefined;

async function checkFolder({ random, folder }: Round): Promise<string> {
  // Keys take long to make: one pair for all rounds.
  const { cert, key } = (pair ??= createCertificates().client);
  const directory = join(folder, "registry.example");
  fs.rmSync(directory, { recursive: true, force: true });
  fs.mkdirSync(directory);
  const names = ["ca.crt", "client.cert", "client.key", "other.key", "ca.pem", "CA.CRT", "x.crt"];
  if (random.oneIn(4)) {
    fs.writeFileSync(join(directory, "client.cert"), cert);
    fs.writeFileSync(join(directory, "client.key"), key);
  }
  for (const name of several(random, 0, 4, () => random.pick(names))) {
    const text = random.pick([cert, key, cert + key, ""]);
    const parts = ["-----BEGIN CERTIFICATE-----", "\n", "-", "A", key.slice(30, 60)];
    const content = random.oneIn(2) ? text : mutatedText(text, random, parts);
    if (fs.existsSync(join(directory, name))) continue;
    if (random.oneIn(20)) fs.mkdirSync(join(directory, name));
    else fs.writeFileSync(join(directory, name), content);
  }
  const secret = key.split("\n")[1] ?? "";
  try {
    const found = await readHostCertificates({ directories: [folder] }, "registry.example");
    for (const text of found.certificateAuthorities) assert.match(text, /^-----BEGIN CERTIFICATE-/);
    for (const note of found.notes) assert.ok(!note.includes(secret));
    return found.clientCertificate === undefined ? "certificates" : "client";
  } catch (error) {
    return codeOf(error, { about: directory, secrets: [secret, secret.slice(10, 40)] });
  }
}

export const authFiles: Grammar = {
  name: "auth-files",
  share: 3_000,
  reaches: ["entry", "no entry", "done", "certificates", "client", "CONFIG"],
  round: (round) => (round.random.oneIn(8) ? checkFolder(round) : checkFile(round.random)),
};
