/**
 * Values of a stack configuration as the types of inputs have them. `pulumi config set --path` makes a
 * number of what looks like one, and a text of what does not: it knows no types. Pure.
 */
import type { InputType } from "./input-types";

/** What cannot be meant otherwise is taken so; the rest is for the check to refuse. */
export function typedValue(value: unknown, type: InputType): unknown {
  switch (type.kind) {
    case "string":
      return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
    case "number":
      return typeof value === "string" && value.trim() !== "" && !Number.isNaN(Number(value))
        ? Number(value)
        : value;
    case "boolean":
      return value === "true" || value === "false" ? value === "true" : value;
    case "object":
      return mapped(value, (item, name) => {
        const field = type.fields[name];
        return field === undefined ? item : typedValue(item, field.type);
      });
    case "mirrors":
      return Array.isArray(value)
        ? value.map((item: unknown) => typedValue(item, { ...type, kind: "object" }))
        : value;
    case "registries":
      return mapped(value, (item) => typedValue(item, { ...type, kind: "object" }));
    default:
      return value;
  }
}

function mapped(value: unknown, change: (item: unknown, name: string) => unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]: [string, unknown]) => [name, change(item, name)]),
  );
}
