/**
 * A registry that lives as long as a test. Starts and closes it; adds nothing to it.
 */
import { startRegistry, type RegistryOptions, type TestRegistry } from "./registry";

/** What a test, or a suite, gives for cleaning up: the context of `node:test`. */
export interface CleanUp {
  after(work: () => Promise<void>): void;
}

/** Starts a registry and closes it when the test has ended. */
export async function registryFor(
  context: CleanUp,
  options: RegistryOptions = {},
): Promise<TestRegistry> {
  const registry = await startRegistry(options);
  context.after(() => registry.close());
  return registry;
}
