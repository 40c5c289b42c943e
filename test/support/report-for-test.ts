/**
 * A report that keeps what it is told, so that tests can read what a user would. Shows nothing.
 */
import type { Report } from "../../provider/context";

export interface RecordedReport extends Report {
  /** "info: …", "warning: …", "status: …", in order. */
  readonly lines: readonly string[];
  /** The lines of one kind, without the kind. */
  said(kind: "info" | "warning" | "status"): readonly string[];
}

/** An empty report. */
export function recordReport(): RecordedReport {
  const lines: string[] = [];
  const keep = (kind: string) => (message: string) => {
    lines.push(`${kind}: ${message}`);
  };
  return {
    lines,
    said: (kind) =>
      lines
        .filter((line) => line.startsWith(`${kind}: `))
        .map((line) => line.slice(kind.length + 2)),
    info: keep("info"),
    warning: keep("warning"),
    status: keep("status"),
  };
}
