/**
 * What `oci-artifact inspect --endpoints` prints: where a pull would go, in order, and what is known
 * of each place. Pure; the looking is provider/pulumi/explain.ts.
 */
import { OciError } from "../provider/errors";
import { answersOf } from "../provider/explain-answers";
import type { Dialled, ExplainedEndpoint, OpenedLayout } from "../provider/explain-endpoint";
import type { Explanation } from "../provider/pulumi/explain";
import { redact } from "../provider/redact";
import { failureOf } from "./exit";
import type { FlagValues } from "./flag-values";
import { withFlags } from "./flag-words";

const LABEL_WIDTH = 15;

/** The explanation as lines for a terminal; `flags` are those that were given. */
export function explanationText(found: Explanation, flags: FlagValues): string {
  const { reference, meanings = [], files, endpoints } = found;
  const means = meanings.map(({ reference: name, namedBy = "nothing says otherwise" }) => {
    return `${name} (${namedBy})`;
  });
  const blocks = [
    [
      ...rows("reference", [reference]),
      ...rows("means", means),
      ...rows("files", files.length === 0 ? ["no registries.conf"] : files),
    ],
    ...endpoints.map((endpoint, position) => blockOf(endpoint, position + 1, flags)),
    searchRows(endpoints),
    summaryOf(found),
  ];
  const shown = blocks.filter(({ length }) => length > 0).map((lines) => lines.join("\n"));
  return redact(`${shown.join("\n\n")}\n`);
}

/** The explanation as one JSON text. */
export function explanationJson(found: Explanation): string {
  return JSON.stringify(found, (_, value: unknown) => {
    if (value instanceof OciError) return failureOf(value, found.reference);
    return typeof value === "string" ? redact(value) : value;
  });
}

/** Whether a pull would find nothing at any of the places, as far as they were asked. */
export function isUnanswered({ endpoints }: Explanation): boolean {
  return answersOf(endpoints).length === 0;
}

function blockOf(endpoint: ExplainedEndpoint, number: number, flags: FlagValues): string[] {
  const { role, location, meaning, namedBy, skipped, tag } = endpoint;
  return [
    ...rows(`${number} ${role}`, [location]),
    ...rows("  named by", [namedByText(namedBy, flags)]),
    ...rows("  for", list(meaning)),
    ...rows("  skipped", list(skipped && withFlags(skipped))),
    ...(tag === undefined || tag.skipped === skipped ? [] : rows("  tag", [tagText(tag)])),
    ...(endpoint.skipped !== undefined
      ? []
      : "layout" in endpoint
        ? layoutRows(endpoint)
        : dialledRows(endpoint)),
  ];
}

function layoutRows({ layout, answer }: OpenedLayout): string[] {
  return [
    ...rows("  path", [layout]),
    ...rows("  connection", ["none: an image layout is read from this machine"]),
    ...rows("  answer", answerLines(answer)),
  ];
}

function dialledRows(endpoint: Dialled): string[] {
  const { url, proxy, credential, notes = [], unusable, answer } = endpoint;
  return [
    ...rows("  url", [url]),
    ...rows("  connection", connectionLines(endpoint)),
    ...rows("  proxy", list(proxy && `${proxy.url}, ${byWhom(proxy.source)}`)),
    ...rows("  credential", ["source" in credential ? withFlags(credential.source) : "none"]),
    ...rows("  note", notes.flatMap(shownLines)),
    ...rows("  unusable", unusable === undefined ? [] : failureLines(unusable)),
    ...(answer === unusable ? [] : rows("  answer", answerLines(answer))),
  ];
}

/** A label and its lines, the first one beside it; nothing without lines. */
function rows(label: string, lines: readonly string[]): string[] {
  return lines.map((text, at) => `${(at === 0 ? label : "").padEnd(LABEL_WIDTH)}${text}`);
}

function list(text: string | undefined): readonly string[] {
  return text === undefined ? [] : [text];
}

/** Mirrors of the command line come of two flags: those that were given are named. */
function namedByText(namedBy: string | undefined, flags: FlagValues): string {
  if (namedBy === undefined) return "the reference itself";
  if (!/^mirrors\[\d+\]$/.test(namedBy)) return namedBy;
  const given = ["mirror", "mirrors"].filter((name) => flags[name] !== undefined);
  return given.map((name) => `--${name}`).join(" and ");
}

function tagText({ skipped }: NonNullable<ExplainedEndpoint["tag"]>): string {
  return skipped === undefined
    ? "asked what it points to"
    : `not asked for it: ${withFlags(skipped)}`;
}

function connectionLines({ scheme, tls, clientCertificate }: Dialled): readonly string[] {
  if (tls === undefined) return ["plain HTTP"];
  const kind = tls.verified ? `verified by ${authoritiesText(tls)}` : "not verified";
  const fallback = scheme === "https" ? "" : "; plain HTTP where no TLS connection can be made";
  return [`HTTPS, ${kind}${fallback}`, ...list(clientCertificate && shownText(clientCertificate))];
}

function shownText({ source }: NonNullable<Dialled["clientCertificate"]>): string {
  return source === "given"
    ? "with the given client certificate"
    : `with the client certificate of ${source}`;
}

function authoritiesText(tls: NonNullable<Dialled["tls"]>): string {
  const { givenAuthorities: given, hostAuthorities: ofHost } = tls;
  const others = [
    ...(given === 0 ? [] : [`${given} given`]),
    ...(ofHost === undefined ? [] : [`${ofHost.count} of ${ofHost.directory}`]),
  ];
  return ["the system's authorities", ...others].join(" and ");
}

function byWhom(source: string): string {
  return source === "given" ? source : `by ${source}`;
}

/** Where no credential was found, once for all who were looked for in the same places. */
function searchRows(endpoints: readonly ExplainedEndpoint[]): string[] {
  const numbers = new Map<string, readonly number[]>();
  for (const [position, endpoint] of endpoints.entries()) {
    if (endpoint.skipped !== undefined || "layout" in endpoint) continue;
    if ("source" in endpoint.credential) continue;
    const places = endpoint.credential.searched.join("\n");
    numbers.set(places, [...(numbers.get(places) ?? []), position + 1]);
  }
  return [...numbers].flatMap(([places, found]) =>
    rows("credentials", [`none for ${found.join(", ")}; looked at`, ...places.split("\n")]),
  );
}

function answerLines(answer: Dialled["answer"]): readonly string[] {
  if (answer === undefined) return [];
  if (answer instanceof OciError) return failureLines(answer);
  const { digest, mediaType } = answer;
  return [mediaType === undefined ? digest : `${digest} ${mediaType}`];
}

/** Without the subject, which stands above. */
function failureLines({ fact, details, hint }: OciError): readonly string[] {
  return shownLines(
    [fact, ...details, ...(hint === undefined ? [] : [`hint: ${hint}`])].join("\n"),
  );
}

function shownLines(text: string): readonly string[] {
  return withFlags(text).split("\n");
}

function summaryOf({ endpoints, agree }: Explanation): string[] {
  if (endpoints.every(({ skipped }) => skipped !== undefined)) {
    return rows("endpoints", ["all are passed over: a pull would fail"]);
  }
  const wasAsked = endpoints.some(
    (endpoint) => endpoint.skipped === undefined && endpoint.answer !== undefined,
  );
  if (!wasAsked) return [];
  const answers = answersOf(endpoints);
  if (answers.length === 0) return rows("answers", ["none: a pull would fail"]);
  if (agree !== false) return agree === undefined ? [] : rows("answers", ["agree"]);
  const differing = answers.filter(({ length }) => length > 1).flat();
  return rows("answers", [
    "differ",
    ...differing.map(({ digest, by }) => `${digest} at ${by.join(", ")}`),
  ]);
}
