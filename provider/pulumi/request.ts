/**
 * From checked inputs to what the road is asked: the same for the resource, the function and the
 * command line. Reads files of certificates and keys; dials nothing.
 */
import { selectionOf } from "../content/selection";
import type { PullRequest } from "../pull";
import { parsePlatform } from "../reference/platform";
import type { ReadInputs } from "./read-inputs";
import { transportOf } from "./transport";

/** @throws OciError CONFIG where a file of certificates or keys cannot be used. */
export async function requestOf(
  { inputs, reference }: ReadInputs,
  directory: string,
): Promise<PullRequest> {
  const { digest, onTagMove, platform } = inputs;
  return {
    reference,
    digest,
    platform: platform === undefined ? undefined : parsePlatform(platform),
    // Who gives a digest has judged the tag: pinning is what the error of a moved one asks for.
    onTagMove: digest === undefined ? onTagMove : undefined,
    selection: selectionOf(inputs),
    transport: await transportOf(inputs, reference.registry, directory),
  };
}
