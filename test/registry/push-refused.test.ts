/** What a registry says that does not take a blob, in the words of who has to do something about it. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { OciError } from "../../provider/errors";
import type { FaultPlan } from "../support/registry-types";
import { failureOf, open } from "./push-blob-world";

describe("what a registry says", () => {
  const said = (code: string, message: string): object => ({ errors: [{ code, message }] });
  const refusals: readonly (readonly [string, FaultPlan, OciError["code"], RegExp])[] = [
    [
      "no permission",
      {
        method: "POST",
        then: { kind: "status", status: 403, body: said("DENIED", "no push for you") },
      },
      "FORBIDDEN",
      /the registry does not permit to push[^]*DENIED: no push for you[^]*hint: have the account permitted to push/,
    ],
    [
      "read-only",
      {
        method: "POST",
        then: { kind: "status", status: 405, body: said("UNSUPPORTED", "read-only") },
      },
      "FORBIDDEN",
      /takes no pushes[^]*UNSUPPORTED: read-only[^]*push to a registry that takes them/,
    ],
    [
      "no room",
      { method: "PUT", then: { kind: "status", status: 507 } },
      "NO_ROOM",
      /takes no content of this size[^]*answered 507[^]*hint: make room/,
    ],
    [
      "too large, however small",
      { where: ({ method }) => method !== "POST", then: { kind: "status", status: 413 } },
      "NO_ROOM",
      /client_max_body_size/,
    ],
    [
      "other bytes",
      { method: "PUT", then: { kind: "status", status: 400, body: said("DIGEST_INVALID", "no") } },
      "DIGEST_MISMATCH",
      /got other bytes than the digest names[^]*DIGEST_INVALID/,
    ],
    [
      "elsewhere",
      { method: "POST", then: { kind: "redirect", location: "/v2/other/blobs/uploads/" } },
      "REGISTRY",
      /redirects a request that changes something/,
    ],
  ];
  for (const [name, plan, code, words] of refusals) {
    test(name, async (t) => {
      const { push, registry, stored } = await open(t);
      registry.fault({ kind: "upload", ...plan });
      const error = await failureOf(push());
      assert.equal(error.code, code, error.message);
      assert.match(error.message, /^cannot push the blob 127\.0\.0\.1:\d+\/team\/app@sha256:/);
      assert.match(error.message, words);
      assert.equal(stored(), undefined);
    });
  }

  test("that the repository has to be made first", async (t) => {
    const { push } = await open(t, { quirks: { wantsRepository: true } });
    const error = await failureOf(push());
    assert.equal(error.code, "NOT_FOUND");
    assert.match(error.message, /makes none for a push[^]*NAME_UNKNOWN[^]*create it there first/);
  });
});
