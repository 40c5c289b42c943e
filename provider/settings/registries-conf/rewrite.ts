/**
 * Takes apart the name that a location of registries.conf makes of a reference, and refuses what
 * would mean another repository to the next reader: a location is a host, written in full.
 */
import type { OciError } from "../../errors";
import { isHost, type Problem, registryProblem, repositoryProblem } from "../../reference/grammar";
import { DOCKER_HUB, normalizedRegistry } from "../../docker-hub";
import type { Reference } from "../../types";
import { type LocationFacts, shownLocation, type TableOrigin } from "./tables";
import { refusal } from "./refusal";

/** A name that can be asked for. */
export type RepositoryName = Pick<Reference, "registry" | "repository">;

/**
 * `location` and the rest of the name behind it, as a name.
 *
 * @throws OciError CONFIG, naming the table and the location.
 */
export function rewrite(
  { location }: LocationFacts,
  rest: string,
  table: TableOrigin,
): RepositoryName {
  const name = splitName(location + rest);
  const problem = nameProblem(name);
  if (problem !== undefined) throw badRewrite(location, rest, table, problem);
  return name;
}

/** Both parts, unchecked; the repository may be empty. */
export function splitName(name: string): RepositoryName {
  const [registry = "", ...path] = name.split("/");
  return { registry, repository: path.join("/") };
}

function nameProblem({ registry, repository }: RepositoryName): Problem | undefined {
  const name = `${registry}/${repository}`;
  // A password may hold a slash, so that it is told before anything of the name is.
  if (shownLocation(name) !== name && repository !== "") {
    return {
      fact: "it holds a user name",
      hint: "write the host alone: credentials come from the auth files",
    };
  }
  if (registry.endsWith(":") && repository.startsWith("/")) {
    return {
      fact: "it begins with a scheme",
      hint: "write the host alone, and insecure = true for a location without TLS",
    };
  }
  if (repository === "") {
    return { fact: "it has no repository", hint: "write location with a path" };
  }
  return (
    registryProblem(registry) ??
    fullNameProblem(registry, repository) ??
    repositoryProblem(repository)
  );
}

/** Names that Docker's normalization would take for others. */
function fullNameProblem(registry: string, repository: string): Problem | undefined {
  if (!isHost(registry)) {
    return {
      fact: `"${registry}" has neither dot nor port, so it reads as a namespace of Docker Hub`,
      hint: `write the location with a port: "${registry}:443", or with a domain`,
    };
  }
  if (normalizedRegistry(registry) !== registry) {
    const hint = `write ${normalizedRegistry(registry)}`;
    return { fact: `"${registry}" is another name of ${normalizedRegistry(registry)}`, hint };
  }
  if (registry !== DOCKER_HUB || repository.includes("/")) return undefined;
  return {
    fact: "on Docker Hub each repository lies in a namespace",
    hint: `write the location "${DOCKER_HUB}/library" for its official images`,
  };
}

function badRewrite(
  location: string,
  rest: string,
  table: TableOrigin,
  problem: Problem,
): OciError {
  const from = `"${shownLocation(location)}" of [[registry]] "${shownLocation(table.prefix)}"`;
  const fact = `location ${from} makes "${shownLocation(location + rest)}": ${problem.fact}`;
  return refusal(table.file, fact, problem.hint);
}
