/**
 * What a reference without a registry means by registries.conf: an alias, or each registry of the
 * search list. Pure, and nobody is asked: where the mode wants a person to choose, it refuses.
 *
 * It knows nothing of Docker Hub as the registry of all short names; that is `parseReference`.
 */
import { OciError } from "../../errors";
import { OCI_SCHEME } from "../../reference/oci-url";
import { formatReference } from "../../reference/format";
import { parseReference } from "../../reference/parse";
import type { Reference } from "../../types";
import { isShortName } from "./is-short-name";
import { parseAliases } from "./parse";
import type { Alias, ConfText, RegistriesConf } from "./tables";

/** What a text may mean. */
export interface ResolvedName {
  /** In the order in which they are to be tried; never empty. */
  readonly candidates: readonly Reference[];
  /** What says so: an alias, the search list, or the text itself, which has its registry. */
  readonly origin: "alias" | "search" | "qualified";
  /** The file with the alias. */
  readonly file?: string;
}

/**
 * What the text means. The tag and the digest that it has, its candidates have, too. `remembered`
 * is the file of podman's own aliases, if there is one.
 *
 * @throws OciError INVALID_REFERENCE for a text that is no reference, or a short name that nothing
 * says the registry of; CONFIG for remembered aliases that cannot be read.
 */
export function resolveShortName(
  text: string,
  conf: RegistriesConf,
  remembered?: ConfText,
): ResolvedName {
  const written = parseReference(text);
  if (!isShortName(text)) return resolved([written], "qualified");
  const short = text.replace(/[:@].*$/, "");
  const alias = findAlias(short, conf, remembered);
  if (alias !== undefined) {
    return resolved([withPins(parseReference(alias.name), written)], "alias", alias.file);
  }
  const { unqualifiedSearch, shortNameMode } = conf;
  if (unqualifiedSearch.length === 0) throw unresolved(text, short, conf);
  if (unqualifiedSearch.length > 1 && shortNameMode === "enforcing") {
    throw ambiguous(text, short, conf);
  }
  // As a URL, a host without a dot is a host.
  const candidates = unqualifiedSearch.map((registry) =>
    withPins(parseReference(`${OCI_SCHEME}${registry}/${short}`), written),
  );
  return resolved(candidates, "search");
}

/** What was remembered counts first; an empty entry there leaves the name to the search list. */
function findAlias(
  short: string,
  { aliases }: RegistriesConf,
  remembered: ConfText | undefined,
): Alias | undefined {
  const name = remembered && parseAliases(remembered).get(short);
  if (remembered === undefined || name === undefined) return aliases.get(short);
  return name === "" ? undefined : { name, file: remembered.file };
}

function withPins({ registry, repository }: Reference, { tag, digest }: Reference): Reference {
  return Object.freeze({
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  });
}

function resolved(
  candidates: readonly Reference[],
  origin: ResolvedName["origin"],
  file?: string,
): ResolvedName {
  return Object.freeze({
    candidates: Object.freeze(candidates),
    origin,
    ...(file === undefined ? {} : { file }),
  });
}

function unresolved(text: string, short: string, { files }: RegistriesConf): OciError {
  return new OciError({
    code: "INVALID_REFERENCE",
    verb: "use the reference",
    subject: `"${text}"`,
    fact:
      files.length === 0
        ? "it names no registry, and there is no registries.conf that says which"
        : `it names no registry, and registries.conf has neither an alias for "${short}" nor unqualified-search-registries`,
    details: files.map((file) => `looked at ${file}`),
    hint: `write it in full, for example docker.io/${short.includes("/") ? "" : "library/"}${short}`,
  });
}

function ambiguous(text: string, short: string, { unqualifiedSearch }: RegistriesConf): OciError {
  return new OciError({
    code: "INVALID_REFERENCE",
    verb: "use the reference",
    subject: `"${text}"`,
    fact: `it names no registry, unqualified-search-registries has ${unqualifiedSearch.length}, and short-name-mode is "enforcing"`,
    details: unqualifiedSearch.map((registry) => {
      const name = formatReference(parseReference(`${OCI_SCHEME}${registry}/${short}`));
      return `may be ${name.replace(OCI_SCHEME, "")}`;
    }),
    hint: `write it in full, or write "${short}" = "registry/repository" below [aliases] of registries.conf`,
  });
}
