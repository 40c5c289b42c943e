/**
 * Lays out the files of a conformance case below a root, as test/data/vectors describes them. Makes
 * certificates where a text asks for them; reads nothing back and asserts nothing.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  type CertificateAuthority,
  createAuthority,
  createClientCertificate,
  type CertificatePair,
} from "./certificates";

/** What a case says of its machine. */
export interface VectorMachine {
  /** Relative path → text; a path that ends in "/" is an empty directory. */
  readonly files?: Readonly<Record<string, string>>;
  /** Variables; "-" is an unset one. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default 0. */
  readonly uid?: number;
}

/** A machine that was laid out. */
export interface LaidOutMachine {
  readonly environment: Readonly<Record<string, string>>;
  readonly home: string;
  readonly uid: number;
  readonly root: string;
  /** A text of the case with its placeholders filled. */
  readonly filled: (text: string) => string;
  /** The authority that a case calls so; always the same one. */
  readonly authority: (name: string) => CertificateAuthority;
}

/** Writes the files of a case below the root. What lies in `bin/` can be run. */
export function layOut({ files = {}, env = {}, uid = 0 }: VectorMachine, root: string) {
  const authority = remembered((name) => createAuthority(`Authority ${name}`));
  const client = remembered((name) =>
    createClientCertificate(authority("private"), { commonName: name }),
  );
  const made: Readonly<Record<string, (name: string) => string>> = {
    CA: (name) => authority(name).cert,
    CERT: (name) => client(name).cert,
    KEY: (name) => client(name).key,
  };
  const filled = (text: string): string =>
    text
      .replaceAll("${ROOT}", root)
      .replaceAll("${UID}", String(uid))
      .replace(/\$\{(CA|CERT|KEY):(\w+)\}/g, (_, kind: string, name: string) =>
        String(made[kind]?.(name)),
      );
  for (const [path, text] of Object.entries(files)) write(join(root, filled(path)), filled(text));
  const variables = Object.entries(env).filter(([, value]) => value !== "-");
  return {
    environment: Object.fromEntries(variables.map(([name, value]) => [name, filled(value)])),
    home: join(root, "home"),
    uid,
    root,
    filled,
    authority,
  } satisfies LaidOutMachine;
}

function write(path: string, text: string): void {
  if (path.endsWith("/")) {
    mkdirSync(path, { recursive: true });
    return;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: /\/bin\/[^/]+$/.test(path) ? 0o755 : 0o644 });
}

function remembered<T extends CertificatePair>(make: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    const value = known.get(name) ?? make(name);
    known.set(name, value);
    return value;
  };
}
