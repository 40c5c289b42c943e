/**
 * The adapters between Pulumi's dynamic provider host and the lifecycles. The stubs in every state load
 * this module by the path `pulumi-oci-artifact/provider`: neither it nor a name that it exports may ever
 * change.
 */
import { changesOf, type DynamicProvider, edgeOf } from "./edge";
import type { Properties } from "./lifecycle";

export type { DynamicProvider } from "./edge";
export { ociArtifactPush } from "./push/push-dynamic";

/** Destroy waits for nothing but the disk. */
const SHORT_DEADLINE_MS = 60 * 1000;

const edge = edgeOf((host) => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- at the first call that needs it
  const { createLifecycle } = require("./lifecycle") as typeof import("./lifecycle");
  return createLifecycle(host);
});

/** The provider of `OciArtifact`. */
export const ociArtifact: DynamicProvider = Object.freeze({
  ...changesOf(edge),

  /** Everything unchanged, always: the state holds facts of a digest, and those do not change. */
  read(id: string, props: Properties) {
    return Promise.resolve({ id, props: { ...props } });
  },

  /** Gives up the claim on the tree, and the copy at its destination. Nothing that stands in its way is a reason to keep the resource. */
  async delete(id: string, props: Properties) {
    await edge("delete", (lifecycle) => lifecycle.delete(id, props), SHORT_DEADLINE_MS).catch(
      () => undefined,
    );
  },
});
