/**
 * The names of Docker Hub, which has two: one registry has one name here. Pure, and light enough for
 * every program.
 */

/** How references, credentials and options name Docker Hub. */
export const DOCKER_HUB = "docker.io";

/** The one name of a registry: Docker Hub has two. */
export function normalizedRegistry(registry: string): string {
  return registry === "index.docker.io" ? DOCKER_HUB : registry;
}
