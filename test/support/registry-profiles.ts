/**
 * How the registries that people use differ from the specification and from each other: one row
 * each, of what the test registry is told to be. Data only; the tests are in test/registry/profiles.
 * Where a trait was seen is said beside it. Names and secrets are made up.
 */
import type { FaultPlan, RegistryOptions } from "./registry-types";

export interface RegistryProfile {
  /** As a user writes it; tagged "1". */
  readonly reference: string;
  /** Repository as the registry knows it. */
  readonly repository: string;
  /** Host and port that is dialled; of Docker Hub not that of the reference. */
  readonly host: string;
  /** Other hosts that have a part in it: token service, storage. They get port 443. */
  readonly otherHosts?: readonly string[];
  /** The entry under `auths` that its login leaves in Docker's file, and its key. */
  readonly login: {
    readonly key: string;
    readonly username: string;
    readonly password: string;
    readonly identityToken?: string;
  };
  readonly options: RegistryOptions;
  readonly faults?: readonly FaultPlan[];
}

const ECR_HOST = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
const ACR_HOST = "example.azurecr.io";
const GAR_HOST = "europe-west3-docker.pkg.dev";

/** A login as service accounts of Google have it: a whole file is the password. */
const JSON_KEY = JSON.stringify(
  { type: "service_account", private_key: '-----BEGIN…\n:colon: "quoted" ü\n-----END…\n' },
  undefined,
  2,
);

const ECR_LOGIN = { username: "AWS", password: `eyJwYXlsb2FkIjoi${"A".repeat(2_000)}` };
const GAR_LOGIN = { username: "_json_key", password: JSON_KEY };
const ACR_LOGIN = { username: "00000000-0000-0000-0000-000000000000", password: "" };
const ACR_IDENTITY_TOKEN = "eyJ-azure-refresh-token";

/** What `az acr login --expose-token` prints. */
export const ACR_ACCESS_TOKEN = "eyJ-azure-access-token";

const GHCR_LOGIN = { username: "octocat", password: "ghp_0123456789abcdef" };
const HUB_LOGIN = { username: "example", password: "dckr_pat_0123456789" };
const HARBOR_LOGIN = { username: "robot$team+ci", password: "a robot's secret" };
const QUAY_LOGIN = { username: "example+ci", password: "QUAYROBOTTOKEN0123" };
const JFROG_LOGIN = { username: "jane@example.com", password: "an.identity.token" };
const NEXUS_LOGIN = { username: "ci", password: "nexus-password" };
const ZOT_LOGIN = { username: "ci", password: "zot-password" };

export const PROFILES = {
  /**
   * Basic alone, with a long token. No Docker-Content-Digest (oras-project/oras-go#225). Blobs by
   * 307 to S3, which takes one authorization only (open-policy-agent/opa#6580).
   */
  ecr: {
    reference: `${ECR_HOST}/team/manifests:1`,
    repository: "team/manifests",
    host: ECR_HOST,
    otherHosts: ["prod-eu-central-1-starport-layer-bucket.s3.eu-central-1.amazonaws.com"],
    login: { key: ECR_HOST, ...ECR_LOGIN },
    options: {
      auth: {
        kind: "basic",
        ...ECR_LOGIN,
        challenge: `realm="https://${ECR_HOST}/",service="ecr.amazonaws.com"`,
      },
      quirks: {
        omitContentDigest: true,
        blobs: {
          url: "https://prod-eu-central-1-starport-layer-bucket.s3.eu-central-1.amazonaws.com",
          status: 307,
          refusesAuthorization: true,
        },
      },
    },
  },
  /**
   * Blobs by 302 to a path of the same host, given without it (sonatype/nexus-public#1061,
   * ahmetb/serverless-registry-proxy#8).
   */
  gar: {
    reference: `${GAR_HOST}/project/repository/manifests:1`,
    repository: "project/repository/manifests",
    host: GAR_HOST,
    login: { key: GAR_HOST, ...GAR_LOGIN },
    options: {
      auth: {
        kind: "token",
        ...GAR_LOGIN,
        service: GAR_HOST,
        realmUrl: `https://${GAR_HOST}/v2/token`,
        tokenField: "token",
      },
      quirks: { blobs: { url: "/artifacts-downloads/namespaces/project", status: 302 } },
    },
  },
  /**
   * `az acr login` leaves an identity token; the answer has access_token only. Blobs by 307 to a
   * storage account that refuses Authorization with 400 (Azure/acr#217).
   */
  acr: {
    reference: `${ACR_HOST}/team/manifests:1`,
    repository: "team/manifests",
    host: ACR_HOST,
    otherHosts: ["weuexample.blob.core.windows.net"],
    login: { key: ACR_HOST, ...ACR_LOGIN, identityToken: ACR_IDENTITY_TOKEN },
    options: {
      auth: {
        kind: "token",
        ...ACR_LOGIN,
        identityToken: ACR_IDENTITY_TOKEN,
        service: ACR_HOST,
        realmUrl: `https://${ACR_HOST}/oauth2/token`,
        tokenField: "access_token",
      },
      quirks: {
        blobs: {
          url: "https://weuexample.blob.core.windows.net",
          status: 307,
          refusesAuthorization: true,
        },
      },
    },
  },
  /**
   * Anonymous pulls need a token, too. Signed URLs die after five minutes and refuse HEAD
   * (containerd/stargz-snapshotter#167). Referrers: 303 to a web page (artifacthub/hub#4785).
   */
  ghcr: {
    reference: "ghcr.io/octocat/manifests:1",
    repository: "octocat/manifests",
    host: "ghcr.io",
    otherHosts: ["pkg-containers.githubusercontent.com", "github.com"],
    login: { key: "ghcr.io", ...GHCR_LOGIN },
    options: {
      auth: {
        kind: "token",
        ...GHCR_LOGIN,
        anonymousPull: true,
        service: "ghcr.io",
        realmUrl: "https://ghcr.io/token",
        tokenField: "token",
      },
      quirks: {
        blobs: {
          url: "https://pkg-containers.githubusercontent.com",
          status: 307,
          lifetime: 300,
          refusesAuthorization: true,
        },
      },
    },
    faults: [
      {
        kind: "referrers",
        then: {
          kind: "redirect",
          status: 303,
          location: "https://github.com/-/v2/packages/container/package/octocat%2Fmanifests",
        },
      },
    ],
  },
  /** Three hosts: one in the reference, one that is dialled, one that gives tokens. */
  dockerHub: {
    reference: "example/manifests:1",
    repository: "example/manifests",
    host: "registry-1.docker.io",
    otherHosts: ["auth.docker.io", "production.cloudflare.docker.com"],
    login: { key: "https://index.docker.io/v1/", ...HUB_LOGIN },
    options: {
      auth: {
        kind: "token",
        ...HUB_LOGIN,
        anonymousPull: true,
        service: "registry.docker.io",
        realmUrl: "https://auth.docker.io/token",
      },
      quirks: { blobs: { url: "https://production.cloudflare.docker.com", status: 307 } },
    },
  },
  /** Robots have a `$` in their name. Each answer sets a cookie (goharbor/harbor#19201). */
  harbor: {
    reference: "harbor.example.com/team/manifests:1",
    repository: "team/manifests",
    host: "harbor.example.com",
    login: { key: "harbor.example.com", ...HARBOR_LOGIN },
    options: {
      auth: {
        kind: "token",
        ...HARBOR_LOGIN,
        service: "harbor-registry",
        realmUrl: "https://harbor.example.com/service/token",
      },
    },
    faults: [
      { when: "any", then: { kind: "headers", set: { "set-cookie": "sid=8069d4a1; Path=/" } } },
    ],
  },
  /** Robots have a `+` in their name. Pages of tags by an opaque token (deitch/docker_registry2#56). */
  quay: {
    reference: "quay.io/example/manifests:1",
    repository: "example/manifests",
    host: "quay.io",
    otherHosts: ["cdn01.quay.io"],
    login: { key: "quay.io", ...QUAY_LOGIN },
    options: {
      auth: {
        kind: "token",
        ...QUAY_LOGIN,
        service: "quay.io",
        realmUrl: "https://quay.io/v2/auth",
        tokenField: "token",
      },
      quirks: {
        blobs: { url: "https://cdn01.quay.io", status: 302, refusesAuthorization: true },
        tagsPerPage: 50,
      },
    },
  },
  /**
   * The repository's key is the first part of the path, and missing in Link (renovate calls it
   * RTFACT-18971).
   */
  artifactory: {
    reference: "acme.jfrog.io/docker-virtual/team/manifests:1",
    repository: "docker-virtual/team/manifests",
    host: "acme.jfrog.io",
    otherHosts: ["jfrog-prod.s3.amazonaws.com"],
    login: { key: "acme.jfrog.io", ...JFROG_LOGIN },
    options: {
      auth: {
        kind: "token",
        ...JFROG_LOGIN,
        service: "acme.jfrog.io",
        realmUrl: "https://acme.jfrog.io/v2/token",
        tokenField: "token",
      },
      quirks: {
        blobs: {
          url: "https://jfrog-prod.s3.amazonaws.com",
          status: 302,
          refusesAuthorization: true,
        },
        tagsPerPage: 2,
        link: (next) => next.pathname.replace("/v2/docker-virtual", "") + next.search,
      },
    },
  },
  /** A port for each repository; Link has a path that only the main port knows (sonatype/nexus-public#1011). */
  nexus: {
    reference: "nexus.example.com:5002/team/manifests:1",
    repository: "team/manifests",
    host: "nexus.example.com:5002",
    login: { key: "nexus.example.com:5002", ...NEXUS_LOGIN },
    options: {
      auth: {
        kind: "token",
        ...NEXUS_LOGIN,
        anonymousPull: true,
        service: "https://nexus.example.com:5002/v2/token",
        realmUrl: "https://nexus.example.com:5002/v2/token",
        tokenField: "token",
      },
      quirks: {
        omitReferrers: true,
        tagsPerPage: 2,
        link: (next) => `http://${next.host}/repository/docker-proxy${next.pathname}${next.search}`,
      },
    },
  },
  /** Basic by htpasswd, behind an authority of one's own; as close to the specification as it gets. */
  zot: {
    reference: "zot.registry.svc:5000/team/manifests:1",
    repository: "team/manifests",
    host: "zot.registry.svc:5000",
    login: { key: "zot.registry.svc:5000", ...ZOT_LOGIN },
    options: { auth: { kind: "basic", ...ZOT_LOGIN } },
  },
} as const satisfies Readonly<Record<string, RegistryProfile>>;

export type ProfileName = keyof typeof PROFILES;
