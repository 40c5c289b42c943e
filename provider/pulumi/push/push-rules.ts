/**
 * The rules of the inputs of a push where a type alone does not say enough: what goes together, what
 * excludes what. A failure names the input and never its value. Pure.
 */
import { digestProblem } from "../../digest";
import { tagProblem } from "../../reference/grammar";
import { LAYOUT_SCHEME } from "../../reference/oci-layout";
import { OCI_SCHEME } from "../../reference/oci-url";
import { parseReference } from "../../reference/parse";
import { platformProblem } from "../../reference/platform";
import { failure, isAbsent } from "../input-rules";

type Values = Readonly<Record<string, unknown>>;

/** Each of them says what is published. */
const SOURCES = ["source", "sources", "platforms"] as const;

/** What a manifest says that is made here. */
const OF_MADE = [
  "kind",
  "alsoArgocd",
  "artifactType",
  "layerType",
  "annotations",
  "git",
  "subject",
] as const;

const GLOBS = ["include", "exclude"] as const;

/** https://www.rfc-editor.org/rfc/rfc6838#section-4.2 */
const MEDIA_TYPE = /^[A-Za-z0-9][\w!#$&^.+-]{0,126}\/[A-Za-z0-9][\w!#$&^.+-]{0,126}$/;

/** Whether a source is an artifact that there is already. */
export function isArtifactSource(source: string): boolean {
  return source.startsWith(OCI_SCHEME) || source.startsWith(LAYOUT_SCHEME);
}

/** What breaks a rule; what has a wrong type is left to those who check types. */
export function pushRuleFailures(values: Values): readonly string[] {
  return [
    ...checkSources(values),
    ...checkArtifact(values),
    ...checkKind(values),
    ...checkTypes(values),
    ...checkFiles(values),
    ...checkPlatforms(values),
    ...checkTarget(values),
    ...checkTags(values),
    ...checkSubject(values),
  ];
}

function checkSources(values: Values): readonly string[] {
  const given = SOURCES.filter((name) => !isAbsent(values[name]));
  const hint = "give one of source, sources and platforms";
  if (given.length === 0) return [failure("source", "nothing says what is published", hint)];
  const [first, ...others] = given;
  return others.map((name) => failure(name, `what is published is said by ${first} already`, hint));
}

/** An artifact goes as it is: what would change it, or what only a folder has, says nothing. */
function checkArtifact(values: Values): readonly string[] {
  const { source, platform } = values;
  if (typeof source === "string" && isArtifactSource(source)) {
    const fact = "the source is an artifact already, and goes as it is";
    const hint = "remove it, or give the folder or the file that is to be packed";
    const names = [...OF_MADE, ...GLOBS].filter((name) => isGiven(values[name]));
    const wrong = typeof platform === "string" ? platformProblem(platform) : undefined;
    return [
      ...names.map((name) => failure(name, fact, hint)),
      ...(wrong === undefined ? [] : [failure("platform", "it is not one", wrong)]),
    ];
  }
  const ofArtifact = isAbsent(platform)
    ? []
    : [
        failure(
          "platform",
          "it chooses from an index that there is already",
          "give platforms for a provider's zips, or a source that begins with oci:// or oci-layout://",
        ),
      ];
  if (!isAbsent(values["source"])) return ofArtifact;
  const hint = "give a folder as source";
  const globs = GLOBS.filter((name) => !isAbsent(values[name]));
  return [
    ...ofArtifact,
    ...globs.map((name) =>
      failure(name, "it is about the folder of source, and there is none", hint),
    ),
  ];
}

function checkKind({ kind, platforms, sources, alsoArgocd }: Values): readonly string[] {
  const ofProvider = "opentofu-provider";
  const failures: string[] = [];
  if (!isAbsent(platforms) && !isAbsent(kind) && kind !== ofProvider) {
    const fact = "platforms are those of an OpenTofu provider, and another kind is asked for";
    failures.push(failure("platforms", fact, `remove kind, or set it to "${ofProvider}"`));
  }
  if (isAbsent(platforms) && kind === ofProvider) {
    const hint = 'give the zip of each platform: platforms: { "linux/amd64": "dist/linux.zip" }';
    failures.push(failure("kind", "an OpenTofu provider is made of zips", hint));
  }
  if (!isAbsent(sources) && !isAbsent(kind) && kind !== "files") {
    const fact = "several files are of no kind that a tool asks for";
    failures.push(failure("sources", fact, "remove kind, or give one folder as source"));
  }
  if (isGiven(alsoArgocd) && kind !== "opentofu-module") {
    const hint = 'set kind: "opentofu-module", or for Argo CD alone "argocd"';
    failures.push(failure("alsoArgocd", "it is about an OpenTofu module", hint));
  }
  return failures;
}

function checkTypes(values: Values): readonly string[] {
  const { kind, platforms, source } = values;
  const isFiles = (isAbsent(kind) || kind === "files") && isAbsent(platforms);
  return (["artifactType", "layerType"] as const).flatMap((name) => {
    const value = values[name];
    if (isAbsent(value)) return [];
    const isArtifact = typeof source === "string" && isArtifactSource(source);
    if (isArtifact) return [];
    if (!isFiles) return [failure(name, "the kind says which it is", 'set kind: "files"')];
    if (name === "layerType" && isAbsent(source)) {
      return [failure(name, "there are several layers", "give mediaType of each of sources")];
    }
    return wrongMediaType(value, name);
  });
}

function checkFiles({ sources }: Values): readonly string[] {
  if (!Array.isArray(sources)) return [];
  const hint = 'give at least one: sources: [{ path: "dist/app.wasm" }]';
  if (sources.length === 0) return [failure("sources", "it is empty", hint)];
  return sources.flatMap((file: unknown, index) => {
    if (typeof file !== "object" || file === null) return [];
    const { path, mediaType } = file as Values;
    const name = `sources[${index}]`;
    return [
      ...(isAbsent(path) ? [failure(name, "it has no path", hint)] : []),
      ...wrongMediaType(mediaType, `${name}.mediaType`),
    ];
  });
}

function checkPlatforms({ platforms }: Values): readonly string[] {
  if (typeof platforms !== "object" || platforms === null) return [];
  const names = Object.keys(platforms);
  const hint = 'give at least one: platforms: { "linux/amd64": "dist/linux.zip" }';
  if (names.length === 0) return [failure("platforms", "it is empty", hint)];
  return names.flatMap((name) => {
    const problem = platformProblem(name);
    return problem === undefined ? [] : [failure(`platforms["${name}"]`, "it is not one", problem)];
  });
}

/** What else than a place a reference may name; that it can be read is judged where it is read. */
function checkTarget({ reference: text }: Values): readonly string[] {
  if (typeof text !== "string" || text === "") return [];
  const wrong = (fact: string, hint: string) => [failure("reference", fact, hint)];
  if (text.startsWith(LAYOUT_SCHEME)) {
    const hint = "name a registry; `oci-artifact copy` writes image layouts";
    return wrong("it is an image layout, and a push goes to a registry", hint);
  }
  try {
    const { digest, subPath } = parseReference(text);
    if (digest !== undefined) {
      return wrong("it names a digest, which follows from the content", "name a tag, or none");
    }
    if (subPath !== undefined) {
      return wrong("it names a folder of the content", "name the repository and a tag");
    }
  } catch {
    // The one who needs the reference says what is wrong with it.
  }
  return [];
}

function checkTags({ tags }: Values): readonly string[] {
  if (!Array.isArray(tags)) return [];
  return tags.flatMap((tag: unknown, index) => {
    const problem = typeof tag === "string" && tag !== "" ? tagProblem(tag) : undefined;
    return problem === undefined ? [] : [failure(`tags[${index}]`, problem.fact, problem.hint)];
  });
}

function checkSubject({ subject }: Values): readonly string[] {
  if (typeof subject !== "string" || subject === "") return [];
  const hint = "give a tag of the same repository, or the digest: sha256:…";
  const isDigest = subject.includes(":") || subject.includes("/");
  const fact = isDigest ? digestProblem(subject) : tagProblem(subject)?.fact;
  return fact === undefined ? [] : [failure("subject", `as a tag or a digest, ${fact}`, hint)];
}

function wrongMediaType(value: unknown, name: string): readonly string[] {
  if (typeof value !== "string" || value === "" || MEDIA_TYPE.test(value)) return [];
  const hint = "give one like application/vnd.example.config.v1+json";
  return [failure(name, "it is no media type", hint)];
}

/** A switch that is off is as good as none. */
function isGiven(value: unknown): boolean {
  return !isAbsent(value) && value !== false;
}
