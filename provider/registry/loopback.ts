/** Whether a host is this machine. Pure; resolves no name. */
import { isIPv4 } from "node:net";

/** "localhost" and names below it, 127.0.0.0/8, ::1. `hostname` as in a URL, without port. */
export function isLoopback(hostname: string): boolean {
  if (hostname === "[::1]" || hostname === "::1") return true;
  if (isIPv4(hostname)) return hostname.startsWith("127.");
  return hostname === "localhost" || hostname.endsWith(".localhost");
}
