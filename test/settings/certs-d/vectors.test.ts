/**
 * Every case of the reference implementation's verdicts on certs.d, laid out on a real disk and held
 * against a real server. Where we differ on purpose, DECISIONS says what we do.
 */
import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, test, type TestContext } from "node:test";
import { OciError } from "../../../provider/errors";
import { parseReference } from "../../../provider/reference/parse";
import { locateCertificates } from "../../../provider/settings/certs-d/locate";
import {
  type HostCertificates,
  readHostCertificates,
} from "../../../provider/settings/certs-d/read";
import { readSettings } from "../../../provider/settings/settings";
import { startProxy } from "../../registry/proxy-server";
import { endpointAt, openWorld } from "../../registry/world";
import { createServerCertificate, type CertificateAuthority } from "../../support/certificates";
import { folderFor } from "../../support/folder-for-test";
import { layOut } from "../../support/vector-files";

interface Expected {
  readonly trusted: boolean;
  /** Below the root. */
  readonly certDir?: string;
  readonly error?: { readonly class: string };
}

interface Case {
  readonly name: string;
  readonly kind: string;
  readonly quirk?: string;
  readonly files: Readonly<Record<string, string>>;
  readonly reference: string;
  /** Host → the authority of its certificate. */
  readonly world: { readonly tls: Readonly<Record<string, string>> };
  readonly expected: Expected;
}

interface Decision {
  readonly why: string;
  readonly instead: Expected;
}

/** One line for each case where we differ. */
const DECISIONS: Readonly<Record<string, Decision>> = {
  "certs-option-dir-missing": {
    why: "not followed: there is no such option; what is given is given as files",
    instead: { trusted: true, certDir: "etc/containers/certs.d/registry.example" },
  },
};

/** What our errors say for each class of the verdicts. */
const CLASSES: Readonly<Record<string, RegExp>> = {
  "tls-untrusted": /a certificate of an authority that is not trusted/,
  "certs-cert-missing": /client\.key: there is no client\.cert for this key/,
  "certs-key-missing": /client\.cert: there is no client\.key for this client certificate/,
  "certs-pair-invalid": /client\.cert: it is no certificate in PEM form/,
};

/** Fields that the harness knows; another one would go by unasserted. */
const KNOWN_FIELDS = "name kind note files options reference world expected".split(" ");
const KNOWN_VERDICTS = "certDir error trusted".split(" ");

const { cases } = JSON.parse(readFileSync("test/data/vectors/certs-d/certs-d.json", "utf8")) as {
  readonly cases: readonly Case[];
};

test("each decision is about a case, and no case has more than is asserted", () => {
  const names = cases.map(({ name }) => name);
  assert.ok(cases.length >= 10);
  assert.ok(Object.keys(DECISIONS).every((name) => names.includes(name)));
  assert.ok(cases.every((it) => Object.keys(it).every((field) => KNOWN_FIELDS.includes(field))));
  assert.ok(
    cases.every((it) => Object.keys(it.expected).every((field) => KNOWN_VERDICTS.includes(field))),
  );
});

describe("certs.d vectors", () => {
  for (const it of cases) {
    const decision = DECISIONS[it.name];
    test(decision === undefined ? it.name : `${it.name} (${decision.why})`, async (t) => {
      const expected = decision?.instead ?? it.expected;
      const machine = layOut(it, folderFor(t));
      const { registry } = parseReference(it.reference);
      const found = await readHostCertificates(locateCertificates(machine), registry).catch(
        (error: unknown) => error,
      );
      const error =
        found instanceof OciError
          ? found
          : await answerOf(t, it, found as HostCertificates, machine.authority);
      assert.equal(error.code === "NOT_FOUND", expected.trusted, error.message);
      if (expected.error === undefined) assert.equal(error.code, "NOT_FOUND");
      else assert.match(error.message, CLASSES[expected.error.class] ?? /no wording/);
      if (found instanceof OciError) {
        assert.ok(found.subject.startsWith(`${machine.root}/${expected.certDir ?? "?"}/`));
      } else {
        const { directory } = found as HostCertificates;
        assert.equal(directory, expected.certDir && `${machine.root}/${expected.certDir}`);
      }
    });
  }
});

/** What a server without content says; or why nobody could be trusted to say it. */
async function answerOf(
  t: TestContext,
  { reference, world }: Case,
  certificates: HostCertificates,
  authority: (name: string) => CertificateAuthority,
): Promise<OciError> {
  const { registry } = parseReference(reference);
  const host = registry === "docker.io" ? "registry-1.docker.io" : registry;
  const issuer = authority(world.tls[host] ?? assert.fail(`nobody vouches for ${host}`));
  const proxy = await serveAt(t, host, issuer);
  const settings = readSettings({
    environment: { HTTPS_PROXY: proxy },
    home: "/nowhere",
    root: "/nowhere",
  });
  const { client, context } = openWorld(t, { settings });
  const { certificateAuthorities, clientCertificate } = certificates;
  const endpoint = endpointAt(host, {
    registry,
    plainHttp: false,
    tls: { skipVerify: false, certificateAuthorities },
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
  });
  const error: unknown = await client
    .getManifest(endpoint, "1", context)
    .catch((it: unknown) => it);
  assert.ok(error instanceof OciError, String(error));
  return error;
}

/** A server that knows nothing, behind a proxy that leads to it. */
async function serveAt(
  t: TestContext,
  host: string,
  issuer: CertificateAuthority,
): Promise<string> {
  const pair = createServerCertificate(issuer, { names: [host] });
  const server = createServer({ key: pair.key, cert: pair.cert }, (_, response) => {
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const proxy = await startProxy(t, { ports: { [`${host}:443`]: port } });
  return proxy.url;
}
