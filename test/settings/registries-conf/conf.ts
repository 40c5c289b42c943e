/**
 * What the tests of registries.conf share: texts → what they say, without a disk, and the error that
 * a text is refused with. It asserts the code of the error, and no more.
 */
import * as assert from "node:assert/strict";
import { type ErrorCode, OciError } from "../../../provider/errors";
import { parseReference } from "../../../provider/reference/parse";
import { findSources, type Source } from "../../../provider/settings/registries-conf/find-sources";
import { mergeRegistriesConf } from "../../../provider/settings/registries-conf/merge";
import type { RegistriesConf } from "../../../provider/settings/registries-conf/tables";
import { usableStops } from "../../../provider/settings/route";

/** What the files `1.conf`, `2.conf`, … with these texts say together. */
export function confOf(...texts: readonly string[]): RegistriesConf {
  return mergeRegistriesConf(texts.map((text, at) => ({ file: `${at + 1}.conf`, text })));
}

/** The sources of a reference under one file, those that are skipped included. */
export function sourcesOf(reference: string, ...texts: readonly string[]): readonly Source[] {
  return findSources(parseReference(reference), confOf(...texts));
}

/** The names of those that are asked. */
export function namesOf(reference: string, ...texts: readonly string[]): readonly string[] {
  return usableStops(reference, sourcesOf(reference, ...texts)).map(
    ({ registry, repository }) => `${registry}/${repository}`,
  );
}

/** The error that the work ends with. */
export function refusalOf(work: () => unknown, code: ErrorCode = "CONFIG"): OciError {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof OciError, String(error));
    assert.equal(error.code, code);
    return error;
  }
  return assert.fail("nothing was refused");
}
