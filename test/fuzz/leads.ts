/**
 * Where a registry sends its client: redirects, the next page of a list, the place of an upload. By
 * whatever URLs and in whatever order: a credential stays at the registry's own scheme, host and port,
 * nothing leads from TLS to plain HTTP, and a page is a page of the same list.
 */
import * as assert from "node:assert/strict";
import { DEADLINES } from "../../provider/registry/deadlines";
import type { Reply } from "../../provider/registry/exchange";
import {
  begunSession,
  closingUrl,
  isHome,
  nextSession,
  receivedBytes,
} from "../../provider/registry/push-session";
import { followRedirect, headersFor, type Hop } from "../../provider/registry/redirect";
import { nextPage } from "../../provider/registry/tags";
import type { Endpoint } from "../../provider/types";
import { endpointFor } from "../support/endpoint";
import type { Grammar } from "./grammar";
import { codeOf } from "./judge";
import { mutatedText } from "./mutations";
import { several, type Random } from "./random";

const REGISTRY = "registry.example:5000";

const URLS = [
  "/v2/a/tags/list?n=100&last=x",
  "?last=x&ns=docker.io",
  "../x?y=1#z",
  "https://registry.example:5000/v2/a/blobs/uploads/1?state=x%3D",
  "http://registry.example:5000/v2/a",
  "https://registry.example/v2/a",
  "https://REGISTRY.example:5000/",
  "https://registry.example.:5000/",
  "//registry.example:5000/x",
  "//evil.example/x",
  "https://registry.example:5000@evil.example/",
  "https://user:password@registry.example:5000/",
  "https:/evil.example",
  "https:evil.example",
  "/\\evil.example/",
  "\\\\evil.example\\x",
  "https://evil.example",
  "https://[::1]:5000/",
  "https://xn--bcher-kva.example",
  "ftp://registry.example:5000/",
  "data:,x",
  "javascript:1",
  "blob:https://registry.example:5000/x",
];

const PARTS = [...URLS, ...Array.from('/\\@:?#.%&= \t\n<>;"'), "%2e%2e", "%00", "registry.example"];

const SECRET = { authorization: "Basic eDp5", cookie: "x=y", Accept: "a/b", range: "bytes=1-" };

function lead(random: Random): string {
  const text = random.pick(URLS);
  return random.oneIn(2) ? text : mutatedText(text, random, PARTS);
}

function place(random: Random): Endpoint {
  return endpointFor({ registry: REGISTRY, repository: "a" }, { plainHttp: random.oneIn(3) });
}

function homeOf({ plainHttp, host }: Endpoint): URL {
  return new URL(`${plainHttp ? "http" : "https"}://${host}`);
}

function checkRedirects(random: Random): string {
  const home = homeOf(place(random));
  let hop: Hop = { url: new URL("/v2/a/blobs/x", home), atHome: true };
  const passed: URL[] = [];
  for (const location of several(random, 1, 4, () => lead(random))) {
    const next = followRedirect(hop, location);
    if (typeof next === "string") {
      assert.ok(next.startsWith("redirects "));
      return "refused";
    }
    const { url } = next;
    assert.match(url.protocol, /^https?:$/);
    assert.equal(url.username + url.password, "");
    if (hop.url.protocol === "https:") assert.equal(url.protocol, "https:");
    passed.push(url);
    const isAlwaysHome = passed.every(({ origin }) => origin === home.origin);
    assert.equal(next.atHome, isAlwaysHome, passed.join(" "));
    const sent = Object.keys(headersFor(next, SECRET));
    assert.deepEqual(sent, isAlwaysHome ? Object.keys(SECRET) : ["Accept", "range"]);
    hop = next;
  }
  return hop.atHome ? "home" : "away";
}

function checkPages(random: Random): string {
  const url = new URL(
    `/v2/a/tags/list${random.pick(["", "?ns=docker.io"])}`,
    homeOf(place(random)),
  );
  const link = (): string => {
    const relation = random.pick([
      '; rel="next"',
      ";rel=next",
      "; rel=prev",
      "",
      ' ; REL = "next"',
    ]);
    const text = `<${lead(random)}>${relation}`;
    return random.oneIn(3) ? mutatedText(text, random, PARTS) : text;
  };
  const lines = several(random, 0, 3, () => several(random, 1, 2, link).join(", "));
  const next = nextPage(url, { headers: (name) => (name === "link" ? lines : []) });
  if (next === undefined) return "last page";
  assert.equal(next.origin + next.pathname, url.origin + url.pathname);
  assert.equal(next.username + next.password + next.hash, "");
  assert.deepEqual(
    next.searchParams.get("ns"),
    url.searchParams.get("ns") ?? next.searchParams.get("ns"),
  );
  return "next page";
}

const RANGES = ["0-0", "0-99", "bytes=0-99", "bytes 0-9", "0--1", "1-2", "0-99999999999999999999"];

function checkUploads(random: Random): string {
  const endpoint = place(random);
  const home = homeOf(endpoint);
  const reply = (url: URL): Reply => {
    const headers: Readonly<Record<string, string | undefined>> = {
      location: random.oneIn(6) ? undefined : lead(random),
      range: mutatedText(random.pick(RANGES), random, PARTS),
      "oci-chunk-min-length": random.pick([undefined, "0", "1024", "-1", "1e9", "9".repeat(20)]),
    };
    return {
      status: 202,
      place: {
        verb: "push",
        subject: "registry.example:5000/a:1",
        endpoint,
        url,
        signal: new AbortController().signal,
        deadlines: DEADLINES,
      },
      isHome: url.origin === home.origin,
      bytes: Buffer.alloc(0),
      header: (name) => headers[name],
      headers: (name) => [headers[name] ?? []].flat(),
    };
  };
  try {
    let session = begunSession(reply(new URL("/v2/a/blobs/uploads/", home)));
    const visited = [session.location];
    for (let step = random.below(4); step > 0; step -= 1) {
      const answer = reply(session.location);
      const received = receivedBytes(answer);
      assert.ok(received === undefined || received >= 0);
      session = nextSession(session, answer, 1);
      visited.push(session.location);
    }
    for (const [index, url] of visited.entries()) {
      assert.match(url.protocol, /^https?:$/);
      assert.equal(url.username + url.password + url.hash, "");
      // A credential goes along wherever the place is the registry's own.
      const goesAlong = isHome(session, url);
      assert.equal(goesAlong, url.origin === home.origin);
      const before = visited[index - 1];
      if (before === undefined) continue;
      if (before.protocol === "https:") assert.equal(url.protocol, "https:");
      if (before.origin !== home.origin) assert.equal(goesAlong, false, "back home");
    }
    const closing = closingUrl(session, "sha256:00");
    assert.equal(
      closing.origin + closing.pathname,
      session.location.origin + session.location.pathname,
    );
    assert.ok(closing.search.endsWith("digest=sha256%3A00"));
    return "upload";
  } catch (error) {
    return codeOf(error, { about: "registry.example:5000/a:1" });
  }
}

export const leads: Grammar = {
  name: "leads",
  share: 15_000,
  reaches: ["refused", "home", "away", "last page", "next page", "upload", "REGISTRY"],
  round: ({ random }) => random.pick([checkRedirects, checkPages, checkUploads])(random),
};
