/**
 * What a row of the table of inputs may say. Types only.
 */

/** The shape of an input's value. */
export type InputType =
  | { readonly kind: "string" }
  | { readonly kind: "boolean" }
  | NumberType
  | { readonly kind: "choice"; readonly values: readonly string[] }
  | { readonly kind: "strings" }
  /** A list of whole numbers, 0 or more. */
  | { readonly kind: "numbers" }
  | { readonly kind: "object"; readonly fields: Readonly<Record<string, InputField>> }
  /** A list of objects with these fields. */
  | { readonly kind: "objects"; readonly fields: Readonly<Record<string, InputField>> }
  /** Texts by names of any kind. */
  | { readonly kind: "texts" }
  /** A list of locations (`host[:port][/path]`), or of objects with these fields. */
  | { readonly kind: "mirrors"; readonly fields: Readonly<Record<string, InputField>> }
  /** Any number of registries (`host`, `host:port`), each with the same fields. */
  | { readonly kind: "registries"; readonly fields: Readonly<Record<string, InputField>> };

export interface NumberType {
  readonly kind: "number";
  readonly above: number;
  /** Default: none. */
  readonly atMost?: number;
  readonly whole?: true;
}

export interface InputField {
  readonly type: InputType;
  readonly description: string;
  readonly secret?: true;
}

/** How the command line takes an input. */
export interface Flag {
  readonly name: string;
  /** What the flag's argument stands for; none for switches. */
  readonly argument?: string;
  /**
   * The field that it stands for, where the input is an object; of a field within: `tuf.mirror`; of the
   * first object of a list: `identities.0.certificateIdentity`.
   */
  readonly field?: string;
  /** Its argument names a file that holds the value: a line of text, or JSON. */
  readonly file?: "text" | "json";
  /** Its values are NAME=VALUE, with the names of the input's fields. */
  readonly pairs?: true;
  /** It may be given several times, and each time adds to a list. */
  readonly repeatable?: true;
  /** A switch that turns off what is on by default. */
  readonly negates?: true;
  /** Shown instead of the input's description. */
  readonly description?: string;
}

export interface InputRow extends InputField {
  /** "what" decides content and is stored; "when" and "how" are neither stored nor a diff. */
  readonly group: "what" | "when" | "how";
  readonly required?: true;
  /** In words, for the docs. */
  readonly default: string;
  readonly flags: readonly Flag[];
}
