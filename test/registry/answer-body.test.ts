import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { AnswerBody } from "../../provider/registry/answer-body";

/** A connection, as far as a body asks something of it. */
function connection(): { asked: string[]; body: AnswerBody } {
  const asked: string[] = [];
  const body = new AnswerBody({
    aborted: false,
    paused: false,
    reason: null,
    abort: () => asked.push("abort"),
    pause: () => asked.push("pause"),
    resume: () => asked.push("resume"),
  });
  return { asked, body };
}

describe("the body of an answer", () => {
  test("hands on each piece as it came, and what has come before the failure", async () => {
    const { asked, body } = connection();
    const pieces = [Buffer.from("a"), Buffer.from("bc")];
    for (const piece of pieces) body.push(piece);
    body.end(new Error("cut"));
    const found: Buffer[] = [];
    const reading = (async () => {
      for await (const piece of body) found.push(piece);
    })();
    await assert.rejects(reading, /cut/);
    assert.equal(found[0], pieces[0], "the very same bytes, not a copy");
    assert.equal(found[1], pieces[1]);
    assert.deepEqual(asked, [], "the connection has ended by itself");
  });

  test("lets the connection wait while the reader is behind, and go on when all is read", async () => {
    const { asked, body } = connection();
    body.push(Buffer.alloc(512 * 1024));
    assert.deepEqual(asked, ["pause"]);
    const reader = body[Symbol.asyncIterator]();
    await reader.next();
    assert.deepEqual(asked, ["pause"]);
    const next = reader.next();
    assert.deepEqual(asked, ["pause", "resume"]);
    body.end();
    assert.equal((await next).done, true);
  });

  test("lets a connection wait that sends pieces of one byte, before they fill the memory", () => {
    const { asked, body } = connection();
    let count = 0;
    for (; asked.length === 0 && count < 512 * 1024; count += 1) body.push(Buffer.from("a"));
    assert.deepEqual(asked, ["pause"]);
    assert.ok(count < 8 * 1024, `${count} pieces`);
  });

  test("ends the connection where the reader wants no more", async () => {
    const { asked, body } = connection();
    body.push(Buffer.from("a"));
    for await (const piece of body) if (piece.length > 0) break;
    assert.deepEqual(asked, ["abort"]);
  });
});
