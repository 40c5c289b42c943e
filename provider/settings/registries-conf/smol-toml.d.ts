/**
 * What we use of smol-toml, in the words of a CommonJS module: the package has a build for each kind
 * of module, but its own types are those of the other kind. It declares nothing else.
 */
declare module "smol-toml" {
  /** @throws TomlError where the text is no TOML. */
  export function parse(
    text: string,
    options?: { readonly integersAsBigInt?: "asNeeded" },
  ): Readonly<Record<string, unknown>>;

  export class TomlError extends Error {
    /** From 1. */
    readonly line: number;
    /** From 1. */
    readonly column: number;
  }
}
