/**
 * The adapter of `OciArtifactPush` to the dynamic provider host. Loads nothing of the engine room before a
 * method needs it.
 */
import { changesOf, type DynamicProvider, edgeOf } from "../edge";
import type { Properties } from "../lifecycle";
import type { ReadState } from "./push-lifecycle";

/** Refresh and destroy wait for a registry, and for no registry for ever. */
const SHORT_DEADLINE_MS = 60 * 1000;

/** What the host gives once, before any other call. */
interface ConfigureRequest {
  readonly config: { get(key: string): unknown };
}

/** `oci-artifact:registries`, as it stands in the configuration of the stack. */
let registries: unknown;

const edge = edgeOf((host) => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- at the first call that needs it
  const { createPushLifecycle } = require("./push-lifecycle") as typeof import("./push-lifecycle");
  return createPushLifecycle(host, () => registries);
});

/** The provider of `OciArtifactPush`. */
export const ociArtifactPush: DynamicProvider & {
  configure(request: ConfigureRequest): Promise<void>;
} = Object.freeze({
  ...changesOf(edge),

  /** No input that says how is in a state: refresh and destroy know only what the stack says. */
  configure({ config }: ConfigureRequest) {
    registries = config.get("oci-artifact:registries");
    return Promise.resolve();
  },

  /** What the tags name now; everything unchanged where nobody can be asked. */
  async read(id: string, props: Properties) {
    const read = edge(
      "read",
      (lifecycle, signal) => lifecycle.read(props, signal),
      SHORT_DEADLINE_MS,
    );
    const found: ReadState = await read.catch(() => ({ props }));
    const inputs = found.inputs === undefined ? {} : { inputs: { ...found.inputs } };
    return { id, props: { ...found.props }, ...inputs };
  },

  /** Takes away what the resource has made, if it is asked for. Nothing that stands in its way is a reason to keep the resource. */
  async delete(id: string, props: Properties) {
    await edge("delete", (lifecycle) => lifecycle.delete(id, props), SHORT_DEADLINE_MS).catch(
      () => undefined,
    );
  },
});
