/**
 * YAML of charts to plain values; the library is loaded when the first chart is packed.
 */
import type { ParseYaml } from "../pack/request";

/** The one document of a text. @throws Error that names the line. */
export const parseYaml: ParseYaml = (text) => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- nobody else pays for it
  const yaml = require("yaml") as typeof import("yaml");
  return yaml.parse(text, { prettyErrors: true, logLevel: "error" });
};
