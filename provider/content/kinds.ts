/**
 * The kinds of artifacts that are told apart: by which names users write them, what people call them
 * and which tool makes them. Recognizing one is for recognize.ts. Pure.
 */

/** Kinds that content can have to be; "files" is whatever the layers are. */
export const KINDS = [
  "opentofu-module",
  "opentofu-provider",
  "helm-chart",
  "flux",
  "argocd",
  "image-layers",
  "wasm",
  "files",
] as const;

export type Kind = (typeof KINDS)[number];

/** What the input `kind` may be: "auto" recognizes. */
export const KIND_NAMES = ["auto", ...KINDS] as const;

export type KindName = (typeof KIND_NAMES)[number];

/** A kind that is more than files, and so can be missed. */
export type NamedKind = Exclude<Kind, "files">;

/** What people call one, and how one is made: for whoever finds another thing in its place. */
export const KIND_WORDS: Readonly<
  Record<NamedKind, { readonly title: string; readonly made: string }>
> = Object.freeze({
  "opentofu-module": {
    title: "an OpenTofu module",
    made: "oras push --artifact-type application/vnd.opentofu.modulepkg REFERENCE module.zip:archive/zip",
  },
  "opentofu-provider": {
    title: "an OpenTofu provider",
    made: "oras manifest index create --artifact-type application/vnd.opentofu.provider, over one manifest for each platform",
  },
  "helm-chart": { title: "a Helm chart", made: "helm push" },
  flux: { title: "Flux content", made: "flux push artifact" },
  argocd: {
    title: "Argo CD content",
    made: "oras push REFERENCE .:application/vnd.oci.image.layer.v1.tar+gzip",
  },
  "image-layers": { title: "a container image", made: "docker push" },
  wasm: { title: "a WebAssembly module", made: "wkg oci push" },
});
