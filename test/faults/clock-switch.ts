/**
 * Loaded into a process before its own code (`node --require`): its clock is wrong by so many years, or
 * jumps to the next of several with each look. Files get their times from the system all the same.
 *
 * Environment: OCI_ARTIFACT_TEST_CLOCK, years with commas between: "10", "0,10,-10".
 */
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

const years = (process.env["OCI_ARTIFACT_TEST_CLOCK"] ?? "0").split(",").map(Number);
const RealDate = Date;
let looks = 0;

function now(): number {
  const offset = years[looks % years.length] ?? 0;
  looks += 1;
  return RealDate.now() + offset * YEAR_MS;
}

globalThis.Date = new Proxy(RealDate, {
  construct: (real, given: readonly unknown[]): Date =>
    Reflect.construct(real, given.length === 0 ? [now()] : given) as Date,
  get: (real, name) => (name === "now" ? now : (Reflect.get(real, name) as unknown)),
});
