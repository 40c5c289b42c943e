/**
 * What the inputs that say how are after checking: the types behind the rows of transport-inputs.ts.
 */
import type { MirrorUse } from "../settings/registries-conf/tables";

/** How one host is reached: the checked inputs of these rows. */
export interface HostInputs {
  readonly plainHttp?: boolean;
  readonly skipTlsVerify?: boolean;
  readonly insecure?: boolean;
  readonly caCertificates?: readonly string[];
  readonly clientCertificate?: {
    readonly certificate: string;
    readonly key: string;
    readonly passphrase?: string;
  };
  readonly credentials?: {
    readonly username?: string;
    readonly password?: string;
    readonly identityToken?: string;
  };
  readonly proxy?: string;
  /** Seconds. */
  readonly timeouts?: {
    readonly connect?: number;
    readonly stall?: number;
    readonly total?: number;
  };
}

/** One of `mirrors`: what may be given as its location alone. */
export interface MirrorInput extends Omit<HostInputs, "proxy" | "timeouts"> {
  readonly location: string;
  readonly pullFromMirror?: MirrorUse;
}

/** How one registry is reached, and what is asked before it. */
export interface RegistryInputs extends HostInputs {
  readonly mirrors?: readonly (string | MirrorInput)[];
  readonly fallback?: boolean;
}

/** All inputs that say how. */
export interface TransportInputs extends RegistryInputs {
  /** By host and optional port; a host alone says nothing. */
  readonly registries?: Readonly<Record<string, RegistryInputs | null>>;
  readonly registriesConf?: string;
  readonly authFile?: string;
}
