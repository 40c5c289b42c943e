/**
 * The clock by which durations are measured: it never jumps, and tells no time of day.
 */

/** Milliseconds since some moment. What `performance` has, Node loads 3 ms for when it is first asked. */
export function steadyMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
