/**
 * A world for tests of ranges: a repository with tags that are versions, each with content of its own,
 * and the inputs that ask for a range of them. No assertions.
 */
import type { Artifact } from "../support/artifacts";
import type { CleanUp } from "../support/registry-for-test";
import type { RegistryOptions, TestRegistry } from "../support/registry-types";
import { lifecycleWorld, type HostProcess, type LifecycleWorld } from "./lifecycle-world";

export interface VersionsWorld extends Omit<LifecycleWorld, "host" | "publish"> {
  readonly publish: (...args: Parameters<LifecycleWorld["publish"]>) => Artifact;
  /** A fresh process; `null` is one that cannot see its CLI. */
  readonly host: (...args: Parameters<LifecycleWorld["host"]>) => Asking;
  /** The repository: "127.0.0.1:1234/team/app". */
  readonly repository: string;
  /** `^1.2` of the repository. */
  readonly inputs: {
    readonly reference: string;
    readonly plainHttp: true;
    readonly semver: string;
  };
  /** By tag, the digest of what is published under it. */
  readonly digests: Readonly<Record<string, string>>;
}

/** One process of the engine. */
export interface Asking extends Omit<HostProcess, "check"> {
  readonly check: (...args: Parameters<HostProcess["check"]>) => ReturnType<HostProcess["check"]>;
}

/** The world with these tags. */
export async function versionsWorld(
  context: CleanUp & { after(work: () => void): void },
  tags: readonly string[] = ["1.2.3", "1.1.0", "2.0.0", "latest"],
  options: RegistryOptions = {},
): Promise<VersionsWorld> {
  const world = await lifecycleWorld(context, options);
  const digests = tags.map((tag) => [tag, world.publish(filesOf(tag), tag).digest] as const);
  const repository = `${world.registry.host}/team/app`;
  return {
    ...world,
    publish: (...args) => world.publish(...args),
    host: (...args) => world.host(...args),
    repository,
    inputs: { reference: repository, plainHttp: true, semver: "^1.2" },
    digests: Object.fromEntries(digests),
  };
}

/** What lies under a tag. */
export function filesOf(tag: string): Readonly<Record<string, string>> {
  return { "version.txt": tag, "same.txt": "same" };
}

/** What was asked since the log was cleared: "GET tags", "HEAD manifest 1.2.3". */
export function askedOf({ requests }: Pick<TestRegistry, "requests">): readonly string[] {
  return requests.map(({ method, kind, reference }) =>
    kind === "manifest" ? `${method} ${kind} ${String(reference)}` : `${method} ${kind}`,
  );
}
