/**
 * What the tests of asking share: two mirrors and an origin that need no server, and a question that
 * they fail as a test says. No assertions of its own, but that there is an error where one is wanted.
 */
import * as assert from "node:assert/strict";
import { askInOrder } from "../../provider/ask";
import { SILENT, type Context } from "../../provider/context";
import { createEndpointHealth, type EndpointHealth } from "../../provider/endpoint-health";
import { type ErrorCode, OciError } from "../../provider/errors";
import { DEFAULT_LIMITS } from "../../provider/limits";
import type { AskContext } from "../../provider/registry/exchange";
import { readSettings } from "../../provider/settings/settings";
import type { Endpoint } from "../../provider/types";
import { mirrorAt, originAt } from "./world";

export const INQUIRY = { subject: "app:1", wanted: "the tag 1" };

/** That context records warnings. */
export function contextWith(warnings: string[] = []): Context {
  const settings = readSettings({ environment: {}, home: "/nowhere", root: "/nowhere" });
  const warning = (text: string): void => {
    warnings.push(text);
  };
  const { signal } = new AbortController();
  return { settings, limits: DEFAULT_LIMITS, report: { ...SILENT, warning }, signal };
}

/** An error of that host, with one line and a hint. */
export function failure(code: ErrorCode, host: string): OciError {
  const details = [`https://${host}: reason`];
  const more = { details, hint: `mend ${host}`, status: 500 };
  return new OciError({ code, verb: "read", subject: "app", fact: `${host} failed`, ...more });
}

export const M1 = mirrorAt("m1", { plainHttp: false });
export const M2 = mirrorAt("m2", { plainHttp: false });
export const ORIGIN = originAt("origin", { plainHttp: false });

/** Asks; endpoints with a code fail with it, the others answer. */
export async function askAll(
  endpoints: readonly Endpoint[],
  codes: Readonly<Record<string, ErrorCode>>,
  health: EndpointHealth = createEndpointHealth(),
  warnings: string[] = [],
) {
  const asked: string[] = [];
  const question = ({ host }: Endpoint, { patience }: AskContext): Promise<string> => {
    asked.push(`${host} ${patience ?? ""}`);
    const code = codes[host];
    return code === undefined ? Promise.resolve(host) : Promise.reject(failure(code, host));
  };
  const work = askInOrder(endpoints, INQUIRY, { health }, contextWith(warnings), question);
  const result = await work.then(
    ({ value, endpoint }) => ({ value, endpoint }),
    (error: unknown) => ({ error }),
  );
  return { asked, ...result };
}

/** The error where nobody answers. */
export async function errorOf(...args: Parameters<typeof askAll>): Promise<OciError> {
  const result = await askAll(...args);
  assert.ok("error" in result && result.error instanceof OciError);
  return result.error;
}
