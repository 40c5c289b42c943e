/**
 * Where the pull of an image layout would go: to a path of this machine, whatever else is configured. It
 * opens the layout only where it is told to ask.
 */
import type { Context } from "../context";
import { answerOf } from "../explain-answers";
import type { OpenedLayout } from "../explain-endpoint";
import { layoutEndpoint } from "../layout/endpoint";
import { effectiveTag, formatReference } from "../reference/format";
import { UNNAMED } from "../reference/oci-layout";
import type { RegistryClient } from "../registry/client";
import type { Reference } from "../types";

/** What explaining a layout takes. */
interface ExplainingLayout {
  /** Of the program; absolute. */
  readonly directory: string;
  readonly client: RegistryClient;
  /** To ask in; undefined where it is not asked. */
  readonly context: Context | undefined;
  /** Milliseconds. Default: no bound. */
  readonly totalTimeout: number | undefined;
}

/** The one place of a reference to a layout. @throws OciError CANCELLED. */
export async function explainLayout(
  reference: Reference,
  { directory, client, context, totalTimeout }: ExplainingLayout,
): Promise<OpenedLayout> {
  const endpoint = layoutEndpoint(reference, directory);
  const { digest: _digest, tag: _tag, ...place } = reference;
  const name = reference.digest ?? effectiveTag(reference) ?? UNNAMED;
  const asked = { subject: formatReference(reference), name, totalTimeout };
  return Object.freeze({
    role: endpoint.role,
    location: formatReference(place),
    layout: endpoint.layout ?? directory,
    ...(context === undefined ? {} : { answer: await answerOf(endpoint, asked, client, context) }),
  });
}
