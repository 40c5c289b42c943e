/**
 * Says below which directories the certificates of a host may lie. Pure: it looks at no disk.
 *
 * Rule: containers-certs.d(5), as containers/image 5.40 and newer read it; earlier versions knew
 * neither XDG_CONFIG_HOME, nor /usr/share, nor directories for root or others alone. And Docker's:
 * https://docs.docker.com/engine/security/certificates/
 */
import { join } from "node:path";
import type { Environment } from "../settings";

/** The world that the places depend on. */
export interface CertificateWorld {
  readonly environment: Environment;
  readonly home: string;
  /** Of the user; undefined where the system has none. */
  readonly uid: number | undefined;
  /** Below which absolute directories lie; "/" outside tests. */
  readonly root: string;
}

/** Where to look. */
export interface CertificatePlaces {
  /** The most important first; in each, hosts have directories of their names. */
  readonly directories: readonly string[];
}

/** The places for a user and an environment. An empty variable counts as unset. */
export function locateCertificates(world: CertificateWorld): CertificatePlaces {
  const { environment, home, uid, root } = world;
  const configHome = environment["XDG_CONFIG_HOME"] || join(home, ".config");
  const system = ["etc/containers", "usr/share/containers"].flatMap((directory) =>
    [...namesFor(uid), "certs.d"].map((name) => join(root, directory, name)),
  );
  return Object.freeze({
    directories: Object.freeze([
      join(configHome, "containers/certs.d"),
      ...system,
      join(root, "etc/docker/certs.d"),
    ]),
  });
}

/** Those for such users, which count before those for all. */
function namesFor(uid: number | undefined): readonly string[] {
  if (uid === undefined) return [];
  if (uid === 0) return ["certs.rootful.d"];
  return [`certs.rootless.d/${uid}`, "certs.rootless.d"];
}
