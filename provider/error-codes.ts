/**
 * The one table of error codes: what each means and what its reader does next. docs/errors.md is
 * made from it, and the type of `OciError.code` is its keys. It builds no error and decides none.
 */

export interface ErrorEntry {
  /** What has happened, in one or two sentences. */
  readonly means: string;
  /** What to do about it; one line each, the likeliest first. */
  readonly next: readonly string[];
}

/** Every code, grouped by what its reader looks at: inputs, the registry, the content, this machine. */
export const ERROR_CODES = {
  INVALID_REFERENCE: {
    means: "The reference cannot be read; the error says which part of it is wrong.",
    next: [
      "Correct that part. Forms that work: `registry/repository:tag`, `registry/repository@sha256:…`, `registry/repository:tag@sha256:…`, `oci://registry/repository?tag=…`, and `oci://registry/repository//folder?tag=…`",
    ],
  },
  INVALID_INPUT: {
    means: "An input has a wrong type, an unknown name, or contradicts another one.",
    next: ["Correct the inputs that the error names; it lists all of them at once."],
  },
  CONFIG: {
    means:
      "A file that says how to reach a registry cannot be used (Docker's config file, registries.conf, a credential helper, or a file of certificates), or an environment variable of this package.",
    next: [
      "Repair the file or the variable that the error names, or install the helper.",
      "Where it is about credentials, give `credentials`: then no file and no helper is asked for them.",
    ],
  },
  BLOCKED: {
    means:
      "registries.conf forbids to pull from where the reference leads. Nobody was asked; the error names the file and the table.",
    next: [
      "Use a registry that is permitted.",
      "Where it is yours to decide, take `blocked = true` out of the table that the error names.",
    ],
  },
  NOT_FOUND: {
    means:
      "The registry does not have the repository, tag or digest, or the content does not have the folder that `subPath` or the reference's `//` names.",
    next: [
      "Check the name and the tag.",
      "Log in: some registries answer so to those who may not see the repository.",
    ],
  },
  UNAUTHORIZED: {
    means: "The registry asks for credentials, or refuses those it was given.",
    next: [
      "Give `credentials`, or log in with `docker login <registry>`.",
      "The error says where the refused credentials came from.",
    ],
  },
  FORBIDDEN: {
    means: "The registry knows who asks, and does not let them read the repository.",
    next: ["Have the account permitted to pull from the repository, or use another one."],
  },
  RATE_LIMITED: {
    means: "The registry has answered 429, also after several tries.",
    next: ["Try again later.", "Log in: most registries allow more to those they know."],
  },
  UNREACHABLE: {
    means:
      "There is no connection to the registry, or it is out of order (5xx). Where the cache has the digest and the reference is unchanged, this is a warning and not an error.",
    next: ["Check the registry's name and port, the network, and whether the registry runs."],
  },
  TIMEOUT: {
    means: "The registry, or the whole operation, took too long.",
    next: [
      "Run again: blobs that came whole are kept.",
      "Give more time: the error names the field of `timeouts` that has run out, and its value.",
    ],
  },
  TLS: {
    means:
      "The registry's certificate is not trusted, not valid, or for another name; or the registry asks for a client certificate.",
    next: [
      "Add the certificate of a private authority to `caCertificates`, or to the system's store.",
      "Check the registry's name, and this machine's clock.",
      "Give `clientCertificate`, where the registry asks for one.",
      "`skipTlsVerify: true` does without the check, for this registry only. Content is still checked against its digest, but a tag may be answered by anyone, and credentials may go to anyone.",
    ],
  },
  PLAIN_HTTP: {
    means: "The registry speaks plain HTTP where HTTPS was expected, or the other way round.",
    next: ["Set `plainHttp: true` for a registry without TLS; drop it for one with TLS."],
  },
  REGISTRY: {
    means: "The registry gave an answer that breaks the distribution specification.",
    next: [
      "Check that the host is a registry, and not a web page or a proxy's login.",
      "Tell the people who run it; the error holds what it said.",
    ],
  },
  DIGEST_MISMATCH: {
    means:
      "Bytes that came do not match the digest or the size that names them. Nothing of them was kept.",
    next: [
      "Run again. If it stays so, the registry or something on the way to it serves wrong content: tell the people who run it.",
    ],
  },
  UNSUPPORTED_MANIFEST: {
    means: "What the reference names is no OCI or Docker manifest that can be read.",
    next: ["Check that the reference names an artifact, and push it again with a current tool."],
  },
  TAG_MOVED: {
    means: 'The tag points to another digest than before, and `onTagMove` is "error".',
    next: [
      "Look at what changed: `pulumi preview` without `onTagMove` shows it.",
      'Then pin the new digest, or follow the tag with `onTagMove: "update"`.',
    ],
  },
  NO_PLATFORM: {
    means: "The index has no manifest for the platform, or none that holds content at all.",
    next: ["Set `platform` to one of those that the error lists."],
  },
  AMBIGUOUS_PLATFORM: {
    means: "The reference names an index with several manifests; the error lists them.",
    next: [
      "Set `platform` to one of them. It is never guessed from the machine at hand.",
      "Or name one by its digest: `registry/repository@sha256:…`",
    ],
  },
  NO_MATCHING_LAYER: {
    means:
      "The manifest has no layer with content, none that `mediaTypes`, `titles` and `layers` ask for, or nothing of its content is selected by `stripComponents`, `subPath`, `include` and `exclude`.",
    next: [
      "Correct the input that the error names: it lists the layers there are, or how many files each input leaves.",
      "Check that the reference names the artifact, and not a signature of it.",
      "`allowEmpty: true` takes content without any file for what it is: an empty folder.",
    ],
  },
  BAD_ARCHIVE: {
    means:
      "A layer's archive breaks its format, contradicts itself, or has a format that is not unpacked; or two layers have the same path. Nothing of it was extracted.",
    next: [
      "Have the artifact packed and pushed again, as tar, tar+gzip, tar+zstd or zip.",
      "Where two layers have the same path, `allowOverwrite: true` lets the later one win.",
    ],
  },
  UNSAFE_ARCHIVE: {
    means:
      "A name or a link in the artifact leads outside of its folder, two names differ only in case or Unicode form, or an entry is one that no folder of files may have, such as a device. Nothing of it was extracted.",
    next: [
      "Where names differ only in case or Unicode form, `allowNameClashes: true` keeps them side by side, on file systems that can.",
      "Tell the publisher. There is no option that lets anything else of this pass.",
    ],
  },
  LIMIT_EXCEEDED: {
    means: "The content is larger than a limit allows; nothing was cut off, and nothing was kept.",
    next: [
      "Check that the reference names what you want.",
      "If its content is trusted, raise the limit that the error names: `limits: { entries: 500_000 }`. All are listed below.",
    ],
  },
  DESTINATION_NOT_OURS: {
    means:
      "Something that was not placed by this package lies where content has to go: a file, a link in the place of a folder, or the destination itself is no folder. Nothing was touched.",
    next: [
      "Move away what the error names, or choose another `destination`.",
      "Files that lie beside the content, under other names, are never in the way.",
    ],
  },
  LOCAL_CHANGE: {
    means:
      'Somebody changed or removed what was placed at the `destination`, and `onLocalChange` is "error". Nothing was touched.',
    next: [
      "Put back what the error names.",
      'Or set `onLocalChange`: "restore" undoes the changes, "keep" leaves them.',
    ],
  },
  STORE: {
    means:
      "This machine's disk refuses: it is full, read-only, not permitted, or takes two names of the content for one.",
    next: [
      "Make room (`oci-artifact cache prune` helps), or make the folder that the error names writable.",
      "The environment variable `OCI_ARTIFACT_CACHE` moves the cache elsewhere.",
    ],
  },
  CANCELLED: {
    means: "The run was cancelled before it ended.",
    next: ["Run again: nothing was left half-written."],
  },
} as const satisfies Readonly<Record<string, ErrorEntry>>;

/** What went wrong, seen from what the user does next. */
export type ErrorCode = keyof typeof ERROR_CODES;
