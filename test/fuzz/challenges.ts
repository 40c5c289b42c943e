/**
 * WWW-Authenticate, written by the rules of RFC 9110 in every way that they leave open, and read back; and
 * changed at random: whatever is then read, no token service gets a credential that is not the registry's
 * own, or a public name with TLS.
 *
 * Rule: https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 */
import * as assert from "node:assert/strict";
import { isIP } from "node:net";
import { parseChallenges } from "../../provider/registry/challenge";
import { planToken } from "../../provider/registry/token";
import { endpointFor } from "../support/endpoint";
import type { Grammar } from "./grammar";
import { mutatedText } from "./mutations";
import { several, type Random } from "./random";

/** What is written, and what is to be read. */
interface Model {
  readonly scheme: string;
  readonly parameters: readonly (readonly [name: string, value: string])[];
  readonly token68?: string;
}

const SCHEMES = ["Bearer", "BASIC", "Negotiate", "NTLM", "x!#$%&'*+-.^_`|~9"];
const NAMES = ["realm", "Service", "SCOPE", "error", "charset", "a*"];
const TOKENS = ["UTF-8", "registry.example", "insufficient_scope", "x", "!#$%&'*+-.^_`|~0Az"];
const REALMS = [
  "https://registry.example/token",
  "https://auth.example/token?x=1",
  "http://registry.example/token",
  "https://user:password@auth.example/token#x",
  "https://192.0.2.1/token",
  "https://[2001:db8::1]/token",
  "https://0x7f.1/token",
  "https://registry.example.evil.example/token",
  "https://registry.example:444/token",
  "ftp://registry.example/",
  "file:///etc/passwd",
  "//registry.example",
  "https:registry.example",
  "https://registry.example\\@evil.example/",
];
const QUOTED = [
  ...REALMS,
  "",
  "repository:a/b:pull,push",
  'say "x"',
  "a\\b",
  ", Basic realm=y",
  "é",
];
const TOKENS68 = ["YWJj", "YWJj+/=", "a==", "-._~+/"];

/** What texts are changed with. */
const PARTS = [...Array.from('", \t=\\;:/@'), ...SCHEMES, ...NAMES, ...REALMS, ...TOKENS68, '\\"'];

const SPACE = ["", " ", "\t", "  "];

function challenge(random: Random): Model {
  const scheme = random.pick(SCHEMES);
  if (random.oneIn(5)) return { scheme, parameters: [], token68: random.pick(TOKENS68) };
  const parameters = several(random, 0, 4, () => {
    const value = random.oneIn(3) ? random.pick(TOKENS) : random.pick(QUOTED);
    return [random.pick(NAMES), value] as const;
  });
  return { scheme, parameters };
}

function written({ scheme, parameters, token68 }: Model, random: Random): string {
  if (token68 !== undefined) return `${scheme} ${token68}`;
  const comma = (): string => `${random.pick(SPACE)},${random.pick([...SPACE, ",", " , "])}`;
  const pairs = parameters.map(([name, value]) => {
    const isToken = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(value);
    const text = isToken && random.oneIn(2) ? value : quoted(value, random);
    return `${name}${random.pick(SPACE)}=${random.pick(SPACE)}${text}`;
  });
  const [first, ...others] = pairs;
  if (first === undefined) return scheme;
  return `${scheme} ${first}${others.map((pair) => comma() + pair).join("")}`;
}

/** Some characters have to be escaped, and any may be. */
function quoted(value: string, random: Random): string {
  const escaped = Array.from(value, (character) =>
    /["\\]/.test(character) || random.oneIn(20) ? `\\${character}` : character,
  );
  return `"${escaped.join("")}"`;
}

/** The header lines: each has one challenge, or several. */
function linesOf(models: readonly Model[], random: Random): string[] {
  const lines: string[] = [];
  for (const model of models) {
    const text = written(model, random);
    const last = lines.pop();
    if (last === undefined) lines.push(text);
    else if (random.oneIn(2)) lines.push(last, text);
    else lines.push(`${last}${random.pick(SPACE)},${random.pick(SPACE)}${text}`);
  }
  return lines;
}

/** As it has to be read: names in lower case, and of a name the first value. */
function readOf({ scheme, parameters, token68 }: Model): unknown {
  const found = new Map<string, string>();
  for (const [name, value] of parameters) {
    if (!found.has(name.toLowerCase())) found.set(name.toLowerCase(), value);
  }
  const read = { scheme: scheme.toLowerCase(), parameters: found };
  return token68 === undefined ? read : { ...read, token68 };
}

const REGISTRIES = ["registry.example", "registry.example:5000", "192.0.2.1", "[2001:db8::1]:443"];

/** Whether the service that is named may have the credential. */
function checkPlans(lines: readonly string[], random: Random): string {
  let outcome = "no plan";
  const registry = random.pick(REGISTRIES);
  const endpoint = endpointFor({ registry, repository: "a" }, { plainHttp: random.oneIn(3) });
  const home = new URL(`${endpoint.plainHttp ? "http" : "https"}://${endpoint.host}`);
  for (const found of parseChallenges(lines)) {
    assert.match(found.scheme, /^[!#$%&'*+\-.^_`|~0-9a-z]+$/);
    for (const name of found.parameters.keys()) assert.match(name, /^[!#$%&'*+\-.^_`|~0-9a-z]+$/);
    const plan = planToken(endpoint, found);
    if (typeof plan === "string") continue;
    const { realm, withheld, scopes } = plan;
    outcome = withheld === undefined ? "plan" : "withheld";
    assert.match(realm.protocol, /^https?:$/);
    assert.equal(realm.username + realm.password + realm.hash, "");
    if (home.protocol === "https:") assert.equal(realm.protocol, "https:");
    for (const scope of scopes) assert.match(scope, /^repository:[^ ]+:pull$/);
    if (withheld !== undefined || realm.hostname === home.hostname) continue;
    assert.equal(realm.protocol, "https:");
    assert.equal(isIP(realm.hostname.replace(/^\[|\]$/g, "")), 0, realm.href);
  }
  return outcome;
}

export const challenges: Grammar = {
  name: "challenges",
  share: 20_000,
  reaches: ["read", "no plan", "plan", "withheld"],
  round({ random }) {
    const models = several(random, 0, 3, () => challenge(random));
    const lines = linesOf(models, random);
    if (random.oneIn(2)) {
      assert.deepEqual(parseChallenges(lines), models.map(readOf), JSON.stringify(lines));
      return "read";
    }
    const changed = lines.map((line) => mutatedText(line, random, PARTS));
    return checkPlans(changed, random);
  },
};
