/** What inputs ask for, where a test knows them to be right. */
import * as assert from "node:assert/strict";
import {
  parseWantedVersion,
  type VersionOptions,
  type WantedVersion,
} from "../../provider/versions/wanted-version";

export function wantedOf(options: VersionOptions): WantedVersion {
  const parsed = parseWantedVersion(options);
  assert.ok(parsed?.ok);
  return parsed.wanted;
}
