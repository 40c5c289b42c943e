/**
 * The configuration files of containers tools, for a process: registries.conf, which is read once for
 * each file that may be named as its main one, certs.d, and where auth files lie. What they mean for a
 * reference is for others.
 */
import type { Report } from "../context";
import { locateAuthFiles } from "./auth-files/locate";
import { readAuthPlace } from "./auth-files/read";
import { locateCertificates } from "./certs-d/locate";
import { readHostCertificates, type HostCertificates } from "./certs-d/read";
import type { CredentialSearch } from "./credentials";
import { locateRegistriesConf } from "./registries-conf/locate";
import { readRegistriesConf, readRememberedAliases } from "./registries-conf/read";
import { AUTH_FILES, type ConfText, type RegistriesConf } from "./registries-conf/tables";
import type { Settings } from "./settings";

export interface Configuration {
  /**
   * What registries.conf says. What it says without effect is a warning, once.
   * @param file - Names the main file; absolute. Default: as the environment and the system have it.
   * @throws OciError CONFIG, naming the file.
   */
  registriesConf(file: string | undefined, report: Report): Promise<RegistriesConf>;
  /** The short names that podman remembers; read each time. @throws OciError CONFIG. */
  rememberedAliases(): Promise<ConfText | undefined>;
  /**
   * What certs.d has for a host; read each time.
   * @param host - As references name it: "docker.io", "registry.example:5000".
   * @throws OciError CONFIG, naming the file.
   */
  hostCertificates(host: string): Promise<HostCertificates>;
  /**
   * Where credentials are looked for.
   * @param authFile - The only file that counts; absolute. It is read to see that it can be. Default:
   * those of the environment and the system, of which nothing is read yet.
   * @param helpers - `credential-helpers` of registries.conf.
   * @throws OciError CONFIG, naming the file.
   */
  credentialSearch(
    authFile: string | undefined,
    helpers: readonly string[],
  ): Promise<CredentialSearch>;
}

/** The configuration of this process. Nothing is read yet. */
export function openConfiguration({ user, search }: Settings): Configuration {
  const known = new Map<string | undefined, Promise<RegistriesConf>>();
  return Object.freeze({
    async registriesConf(file: string | undefined, report: Report) {
      const before = known.get(file);
      if (before !== undefined) return await before;
      const reading = merged(user, file);
      known.set(file, reading);
      try {
        const conf = await reading;
        for (const warning of conf.warnings) report.warning(warning);
        return conf;
      } catch (error) {
        // It may be mended before the next pull of a long process.
        known.delete(file);
        throw error;
      }
    },
    rememberedAliases: () => readRememberedAliases(locateRegistriesConf(user)),
    hostCertificates: (host: string) => readHostCertificates(locateCertificates(user), host),
    async credentialSearch(authFile: string | undefined, helpers: readonly string[]) {
      if (authFile === undefined) return Object.freeze({ ...search, helpers });
      const places = locateAuthFiles({ ...user, authFile });
      // Who names a file wants to know that it is wrong, also where this pull would not need it.
      await Promise.all(places.inOrder.map(readAuthPlace));
      return Object.freeze({ ...search, helpers, places });
    },
  });
}

async function merged(
  user: Settings["user"],
  registriesConf: string | undefined,
): Promise<RegistriesConf> {
  const texts = await readRegistriesConf(locateRegistriesConf({ ...user, registriesConf }));
  if (texts.length === 0) return NO_CONF;
  // The parser of TOML is for those who have such a file.
  /* eslint-disable @typescript-eslint/no-require-imports -- as in registry/client.ts */
  const { mergeRegistriesConf } =
    require("./registries-conf/merge") as typeof import("./registries-conf/merge");
  /* eslint-enable @typescript-eslint/no-require-imports */
  return mergeRegistriesConf(texts);
}

const NO_CONF: RegistriesConf = Object.freeze({
  registries: Object.freeze([]),
  unqualifiedSearch: Object.freeze([]),
  aliases: new Map(),
  shortNameMode: "permissive",
  credentialHelpers: Object.freeze([AUTH_FILES]),
  files: Object.freeze([]),
  warnings: Object.freeze([]),
});
