/**
 * The rows of the table of inputs that say what kind of artifact is expected. Pure.
 */
import { KIND_NAMES } from "../content/kinds";
import type { InputRow } from "./input-types";

export const KIND_INPUTS = {
  kind: {
    group: "what",
    type: { kind: "choice", values: KIND_NAMES },
    default: '`"auto"`',
    flags: [{ name: "kind", argument: "KIND" }],
    description:
      'What kind of artifact it has to be: `"opentofu-module"`, `"opentofu-provider"`, `"helm-chart"`, `"flux"`, `"argocd"`, `"image-layers"`, `"wasm"`, or `"files"` for all layers by their titles and types alone. `"auto"` recognizes each of them, and takes what it does not recognize as files (docs/kinds.md)',
  },
  providerSource: {
    group: "what",
    type: { kind: "string" },
    default: "by the repository's name",
    flags: [{ name: "provider-source", argument: "ADDRESS" }],
    description:
      "Of an OpenTofu provider: its source address, as in `registry.opentofu.org/hashicorp/random`, which names the folders of the mirror",
  },
} as const satisfies Readonly<Record<string, InputRow>>;
