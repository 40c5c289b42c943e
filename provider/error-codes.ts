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
      "Correct that part. Forms that work: `registry/repository:tag`, `registry/repository@sha256:…`, `registry/repository:tag@sha256:…`, `oci://registry/repository?tag=…`, `oci://registry/repository//folder?tag=…`, and `oci-layout://path:tag`",
    ],
  },
  INVALID_INPUT: {
    means:
      "An input has a wrong type, an unknown name, or contradicts another one; or what is to be published cannot be packed, or is not what the preview has shown.",
    next: [
      "Correct the inputs that the error names; it lists all of them at once.",
      "Of what cannot be packed, mend the entry that it names, or leave it out by `exclude`.",
    ],
  },
  CONFIG: {
    means:
      "A file that says how to reach a registry cannot be used (an auth file, registries.conf, a credential helper, or a file of certificates), or a lock file, or an environment variable of this package.",
    next: [
      "Repair the file or the variable that the error names, or install the helper.",
      "Where it is about credentials, give `credentials`: then no file and no helper is asked for them.",
    ],
  },
  BLOCKED: {
    means:
      "registries.conf forbids to pull from where the reference leads, or `fallback: false` leaves nobody to ask. Nobody was asked; the error names each place and why.",
    next: [
      "Use a registry that is permitted, or name a mirror that serves it.",
      "Where it is yours to decide, take `blocked = true` out of the table that the error names.",
    ],
  },
  NOT_FOUND: {
    means:
      "The registry does not have the repository, tag or digest, no tag fits `semver`, or the content does not have the folder that `subPath` or the reference's `//` names.",
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
    means:
      "The registry does not let who asks read the repository, push to it, or delete there: an account that it knows, or anybody.",
    next: [
      "Have the account permitted to pull from the repository, or to push to it, or use another one.",
      "Where the error says that no credentials were sent, the registry has asked for none: check its name, and whether it lets in this machine's address; then log in, or give `credentials`.",
      "Where it takes no pushes from anybody, it is read-only or a cache: push to the registry behind it.",
    ],
  },
  RATE_LIMITED: {
    means: "The registry has answered 429, also after several tries.",
    next: ["Try again later.", "Log in: most registries allow more to those they know."],
  },
  UNREACHABLE: {
    means:
      "There is no connection to the registry, or it is out of order (5xx); or an image layout is not at its path. Where the cache has the digest and the reference is unchanged, this is a warning and not an error.",
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
  WRONG_KIND: {
    means:
      "The artifact is not of the `kind` that is asked for, or breaks a rule of it; the error says what it is instead.",
    next: [
      "Correct the reference, or set `kind` to what the artifact is; without `kind`, it is taken for what it is.",
      'With `kind: "files"`, any artifact is taken by its layers alone.',
    ],
  },
  LAYOUT: {
    means:
      "What the path of `oci-layout://` names is no OCI image layout, or one that is damaged or compressed, or in which several manifests could be meant.",
    next: [
      "Where the error lists manifests, name one of them: `oci-layout://path:tag`, or by its digest.",
      "Make the layout anew, with `oras cp --to-oci-layout`, `crane pull --format=oci` or `skopeo copy … oci:…`; a tar of it stays uncompressed.",
    ],
  },
  UNSIGNED: {
    means:
      "`verify` asks for a signature, and the registry has none of this content: neither under the tag nor among the referrers that the error names; or what is there is an attestation, and no signature.",
    next: [
      "Have it signed: `cosign sign`.",
      "Where it is a copy, have its signatures copied with it: `oras copy -r` for bundles, `cosign copy` for `.sig` tags (it leaves bundles behind); many mirrors do neither.",
      "Where an attestation by the signer is enough, set `verify.allowAttestations`.",
    ],
  },
  WRONG_SIGNER: {
    means:
      "There is a signature, and it is by somebody else than `verify` names; or it is made with a certificate where a key is asked for, or the reverse. The error says by whom.",
    next: [
      "Add the signer to `verify.identities`, if you trust it.",
      "If you do not, do not use the content.",
    ],
  },
  BAD_SIGNATURE: {
    means:
      "There is a signature, and it does not hold: it is by none of the keys, it is of other content, or it cannot be read.",
    next: [
      "Check that `verify.keys` holds the publisher's key.",
      "If it does, do not use the content, and tell the publisher.",
    ],
  },
  UNTRUSTED_CERTIFICATE: {
    means:
      "The certificate of the signature was not issued by an authority of the trusted root, was not valid when the content was signed, or is in no log of certificates.",
    next: [
      "Give the `verify.trustedRoot` of the Sigstore instance that the content is signed with.",
      "Where that instance has no log of certificates, set `verify.ignoreSct`.",
    ],
  },
  NOT_LOGGED: {
    means:
      "The signature is in no transparency log of the trusted root, or its entry there does not hold.",
    next: [
      "Where signatures are made without a log (`cosign sign --tlog-upload=false`), set `verify.ignoreTlog`.",
      "Where the log is one of your own, give its `verify.trustedRoot`.",
    ],
  },
  NO_TIMESTAMP: {
    means:
      "Nothing proves when the content was signed, and a certificate is good for minutes only; or `verify.requireTimestamp` asks for a signed timestamp, and there is none of an authority of the trusted root.",
    next: [
      "Have it signed with a timestamp authority, and give the `verify.trustedRoot` that names it.",
    ],
  },
  WRONG_ANNOTATION: {
    means:
      "There is a good signature, and what is signed does not hold the `verify.annotations` that are asked for.",
    next: [
      "Correct `verify.annotations`, or have the content signed with them: `cosign sign -a name=value`.",
    ],
  },
  TRUSTED_ROOT: {
    means:
      "The logs and authorities that signatures are checked with cannot be had: `verify.trustedRoot` is none, the TUF repository cannot be reached or does not hold together, or the package `@sigstore/tuf` is not installed. Nothing is said about the signature.",
    next: [
      "Give `verify.trustedRoot`: then no TUF repository is asked, and no package is needed.",
      "Or install `@sigstore/tuf` beside this package, and let the network reach the repository.",
    ],
  },
  NO_EVIDENCE: {
    means:
      "The content is in the cache, and what proved its signature is not, or it does not satisfy the `verify` of now; and the registry cannot be reached to look for another.",
    next: [
      "Run again where the registry can be reached; the evidence is then kept beside the content.",
    ],
  },
  TAG_MOVED: {
    means:
      'The tag points to another digest than before, or `semver` chooses another tag, and `onTagMove` is "error"; or somebody else has moved or deleted a tag that was published, and `onTagDrift` is "error".',
    next: [
      "Look at what changed: `pulumi preview` without `onTagMove` shows it.",
      'Then pin the new digest, or follow the tag with `onTagMove: "update"`.',
    ],
  },
  LOCK_OUTDATED: {
    means:
      "The lock file does not hold the artifact, or it holds another digest or content than what there is now, and `--frozen` or `onTagMove` says that this is an error.",
    next: [
      "Look at what changed; then run the command that the error names, which renews the lock file.",
      "Or give the lock file that belongs to the program, from version control.",
    ],
  },
  TAG_EXISTS: {
    means:
      "The tag that is to be pushed is there already, points to other content, and is not to be moved: because `immutableTags` says so, or the registry.",
    next: [
      "Push under a tag that is new.",
      "Where the tag is meant to move, drop `immutableTags`, or have the registry let tags be overwritten.",
    ],
  },
  NO_ROOM: {
    means:
      "The registry takes no content of this size: its storage or a quota is full (507), or it or a proxy in front of it bounds requests (413).",
    next: [
      "Make room in the registry, or have the quota raised.",
      "Have larger requests taken: of nginx that is `client_max_body_size`.",
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
  AMBIGUOUS_REFERRER: {
    means:
      "Several things with the artifact type of `referrer` refer to the artifact; the error lists them.",
    next: [
      "Set `digest` to that of the one that is meant; with `referrer`, it is the referrer's.",
      "Or have those that are outdated removed from the registry.",
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
