/**
 * Finds the process of the Pulumi CLI among this process's ancestors: the one thing that a preview
 * and the update of the same `pulumi up` have in common.
 */
import {
  ownIdentity,
  processFacts,
  type ProcessFacts,
  type ProcessIdentity,
} from "../store/process-identity";

/** The chain is short (provider ← shell ← CLI; program ← language host ← CLI). */
const FARTHEST = 6;

/** The nearest ancestor called "pulumi"; undefined where processes cannot be seen. */
export function findCliProcess(
  factsOf: (pid: number) => ProcessFacts | undefined = processFacts,
  self: ProcessIdentity = ownIdentity(),
): ProcessIdentity | undefined {
  let current = factsOf(self.pid);
  for (let step = 0; step < FARTHEST && current !== undefined; step += 1) {
    if (current.name === "pulumi") {
      return { realm: self.realm, pid: current.pid, startTime: current.startTime };
    }
    current = factsOf(current.parent);
  }
  return undefined;
}
