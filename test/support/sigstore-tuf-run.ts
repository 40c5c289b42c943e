/**
 * A process that asks a TUF repository for its trusted root, and prints what it got: its digest and
 * the warnings, or the error. For tests of runs that know nothing of each other.
 *
 * Arguments: a JSON object of the cache folder, the repository's options, and the freshness.
 */
import { DEFAULT_LIMITS } from "../../provider/limits";
import { digestOf } from "../../provider/digest";
import { OciError } from "../../provider/errors";
import { readSettings } from "../../provider/settings/settings";
import type { TufOptions } from "../../provider/verify/policy";
import type { Freshness } from "../../provider/verify/trust";
import { tufTrustedRoot } from "../../provider/verify/tuf";

export interface TufRun {
  readonly cache: string;
  readonly temporary: string;
  readonly repository: TufOptions;
  readonly freshness: Freshness;
}

/** What the process prints, as JSON. */
export interface TufRunResult {
  readonly digest?: string;
  readonly code?: string;
  readonly message?: string;
  readonly warnings: readonly string[];
}

/** Asks as a fresh process would: once. */
export async function runTuf(run: TufRun): Promise<TufRunResult> {
  const warnings: string[] = [];
  const environment = { OCI_ARTIFACT_CACHE: run.cache, TMPDIR: run.temporary };
  const report = {
    info: () => undefined,
    status: () => undefined,
    warning: (message: string) => void warnings.push(message),
  };
  const context = {
    settings: readSettings({ environment, home: run.temporary }),
    limits: DEFAULT_LIMITS,
    report,
    signal: new AbortController().signal,
  };
  try {
    const text = await tufTrustedRoot(run.repository, run.freshness, context);
    return { digest: digestOf(text), warnings };
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    return { code: error.code, message: error.message, warnings };
  }
}

if (require.main === module) {
  void runTuf(JSON.parse(process.argv[2] ?? "") as TufRun).then((result) => {
    console.log(JSON.stringify(result));
  });
}
