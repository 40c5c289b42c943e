/**
 * Each way in which a mirror fails, for a manifest and for a blob: the origin serves, the mirror costs
 * little, and what it did to be passed over is told where it is told at all.
 */
import * as assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { OciError } from "../../provider/errors";
import type { Endpoint } from "../../provider/types";
import { buildArtifact } from "../support/artifacts";
import { createCertificates } from "../support/certificates";
import { trafficOf } from "../support/pulling";
import type { Fault, TestRegistry } from "../support/registry-types";
import {
  artifactOf,
  LAYER,
  mirrorAt,
  openPair,
  openRun,
  originAt,
  type RunOptions,
  silentHost,
  siteWith,
} from "./world";

const ARTIFACT = buildArtifact(artifactOf(LAYER));

const status = (code: number, headers: Readonly<Record<string, string>> = {}): Fault => ({
  kind: "status",
  status: code,
  headers,
});

interface Reason extends RunOptions {
  readonly fault: Fault;
  /** What the mirror answered, each time that it was asked; "-" where that was nothing. */
  readonly answers: readonly string[];
  /** It says nothing of the host: no warning, and no other order. */
  readonly isOfOne?: true;
  /** Some of a blob comes before that. */
  readonly comesHalf?: true;
  readonly pauses: readonly number[];
  /** What is said of the mirror. */
  readonly words: RegExp;
  /** What its line in an error says besides: the option that may mend it. */
  readonly option?: RegExp;
}

const REASONS: Readonly<Record<string, Reason>> = {
  "a refusal of everybody": {
    fault: status(401),
    answers: ["401"],
    pauses: [],
    words: /asks for credentials \(answered 401\)/,
    isOfOne: true,
  },
  "a refusal of this one": {
    fault: status(403),
    answers: ["403"],
    pauses: [],
    words: /denies access \(answered 403\)/,
    isOfOne: true,
  },
  "not having it": {
    fault: status(404),
    answers: ["404"],
    pauses: [],
    words: /does not have it \(answered 404\)/,
    isOfOne: true,
  },
  "too many requests": {
    fault: status(429),
    answers: ["429", "429"],
    pauses: [1_000],
    words: /refuses so many requests \(answered 429\)/,
  },
  "too many requests, for seconds": {
    fault: status(429, { "retry-after": "2" }),
    answers: ["429", "429"],
    pauses: [2_000],
    words: /refuses so many requests/,
  },
  "too many requests, for a minute": {
    fault: status(429, { "retry-after": "60" }),
    answers: ["429"],
    pauses: [],
    words: /refuses so many requests/,
  },
  "an error of its own": {
    fault: status(503),
    answers: ["503", "503"],
    pauses: [1_000],
    words: /is out of order \(answered 503\)/,
  },
  "hanging up": {
    fault: { kind: "reset" },
    answers: ["-", "-"],
    pauses: [1_000],
    words: /closed the connection/,
  },
  silence: {
    fault: { kind: "stall" },
    deadlines: { headers: 60 },
    answers: ["-"],
    pauses: [],
    words: /did not answer within 0\.06 seconds/,
    option: /timeouts\.stall/,
  },
  "silence in the middle": {
    fault: { kind: "stall", afterBytes: 10 },
    deadlines: { stall: 60 },
    answers: ["200"],
    pauses: [],
    words: /fell silent for 0\.06 seconds in the middle of an answer/,
    option: /timeouts\.stall/,
    comesHalf: true,
  },
  "a redirect to nowhere": {
    fault: { kind: "redirect", location: "http://127.0.0.1:1/" },
    answers: ["307"],
    pauses: [],
    words: /http:\/\/127\.0\.0\.1:1: refuses connections/,
  },
  "a redirect in a circle": {
    fault: { kind: "redirect", location: ({ path }) => path },
    limits: { redirects: 2 },
    answers: ["307", "307", "307"],
    pauses: [],
    words: /limit redirects of 2 .* exceeded/,
    option: /limits\.redirects/,
    isOfOne: true,
  },
};

function answersOf(site: TestRegistry, kind: "manifest" | "blob"): readonly string[] {
  return site.matching({ kind }).map((request) => String(request.status ?? "-"));
}

describe("a mirror whose manifest meets", () => {
  for (const [
    name,
    { fault, answers, pauses, words, option, isOfOne = false, ...options },
  ] of Object.entries(REASONS)) {
    test(name, async (t) => {
      const { mirror, origin, endpoints, pull, report, ...run } = await openPair(
        t,
        ARTIFACT,
        options,
      );
      mirror.fault({ kind: "manifest", then: fault });
      const { servedBy } = await pull(endpoints);
      assert.equal(servedBy, endpoints[1]);
      assert.deepEqual(answersOf(mirror, "manifest"), answers);
      assert.deepEqual(trafficOf(origin), ["manifest 200", "blob 200"]);
      assert.deepEqual(run.pauses, pauses);
      const warnings = report.said("warning");
      assert.equal(warnings.length, isOfOne ? 0 : 1);
      for (const warning of warnings) {
        const name = `mirror ${mirror.url}/cache/team/app`;
        assert.ok(warning.startsWith(`${name} cannot be used: `), warning);
        assert.ok(warning.endsWith("; it is asked last from now on"), warning);
        assert.match(warning, words);
      }
    });

    test(`${name}: where the origin does not have it, each has its line`, async (t) => {
      const { mirror, origin, endpoints, pull } = await openPair(t, ARTIFACT, options);
      mirror.fault({ kind: "manifest", then: fault });
      origin.fault({ kind: "manifest", then: status(404) });
      const error: unknown = await pull(endpoints).catch((reason: unknown) => reason);
      assert.ok(error instanceof OciError);
      assert.equal(error.code, "NOT_FOUND");
      const [first = ""] = error.details;
      assert.ok(first.startsWith(`mirror ${mirror.url}/cache/team/app: `), first);
      assert.match(first, words);
      if (option !== undefined) assert.match(first, option);
      assert.equal(error.details.at(-1), `${origin.url}: answered 404`);
      assert.match(error.message, /\nhint: check the name and the tag/);
    });
  }
});

describe("a mirror whose blob meets", () => {
  for (const [name, { fault, answers, comesHalf, pauses, words, ...options }] of Object.entries(
    REASONS,
  )) {
    test(name, async (t) => {
      const { mirror, origin, endpoints, pull, report, ...run } = await openPair(
        t,
        ARTIFACT,
        options,
      );
      mirror.fault({ kind: "blob", then: fault });
      const { servedBy } = await pull(endpoints);
      assert.equal(servedBy, endpoints[0]);
      assert.deepEqual(answersOf(mirror, "blob"), answers);
      assert.deepEqual(answersOf(origin, "blob"), [comesHalf === true ? "206" : "200"]);
      assert.deepEqual(run.pauses, pauses);
      const [warning = "", ...more] = report.said("warning");
      assert.ok(
        warning.startsWith(`went on at ${origin.url} after mirror ${mirror.url}/`),
        warning,
      );
      assert.match(warning, words);
      assert.deepEqual(more, []);
    });
  }
});

describe("a mirror that cannot be talked to", () => {
  const places: Readonly<
    Record<string, (t: TestContext) => Promise<{ readonly endpoint: Endpoint; words: RegExp }>>
  > = {
    "nobody there": async (t) => {
      const mirror = await siteWith(t, "mirror", ARTIFACT);
      await mirror.stop();
      return {
        endpoint: mirrorAt(mirror.host),
        words: /refuses connections \(connect ECONNREFUSED/,
      };
    },
    "a name that does not resolve": () => {
      const endpoint = mirrorAt("mirror.invalid");
      return Promise.resolve({ endpoint, words: /has a name that does not resolve/ });
    },
    "a certificate of nobody known": async (t) => {
      const mirror = await siteWith(t, "mirror", ARTIFACT, { tls: createCertificates().server });
      const endpoint = mirrorAt(mirror.host, { plainHttp: false });
      return { endpoint, words: /of an authority that is not trusted.*; add .* to caCertificates/ };
    },
    "HTTP where HTTPS is expected": async (t) => {
      const mirror = await siteWith(t, "mirror", ARTIFACT);
      const endpoint = mirrorAt(mirror.host, { plainHttp: false });
      return { endpoint, words: /speaks plain HTTP .*; if that is intended, set plainHttp: true/ };
    },
    "a handshake that never ends": async (t) => {
      const endpoint = mirrorAt((await silentHost(t)).host, { plainHttp: false });
      return { endpoint, words: /could not be connected to in time.*timeouts\.connect/ };
    },
  };
  for (const [name, place] of Object.entries(places)) {
    test(`${name}: the origin serves, without a pause`, async (t) => {
      const { endpoint, words } = await place(t);
      const origin = await siteWith(t, "origin", ARTIFACT);
      const { pull, pauses, report } = openRun(t, { deadlines: { connect: 100 } });
      const endpoints = [endpoint, originAt(origin.host)];
      assert.equal((await pull(endpoints)).servedBy, endpoints[1]);
      assert.deepEqual(pauses, []);
      const [warning = "", ...more] = report.said("warning");
      assert.match(warning, /^mirror \S+ cannot be used: .*; it is asked last from now on/);
      assert.deepEqual(more, []);
      origin.fault({ kind: "manifest", then: status(404) });
      await assert.rejects(pull(endpoints), (error: Error) => {
        assert.match(error.message, words);
        return true;
      });
    });
  }
});
