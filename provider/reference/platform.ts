/**
 * Platforms as users write them (`linux/arm64/v8`) and as indexes hold them. Choosing is by what
 * was asked for, never by the machine at hand: the same program gives the same content everywhere.
 * Pure.
 *
 * https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md
 */
import type { Descriptor, Platform } from "../types";

/** Why a text is no platform, or undefined where it is one. */
export function platformProblem(text: string): string | undefined {
  const parts = text.split("/");
  const isWhole = parts.length === 2 || parts.length === 3;
  if (isWhole && parts.every((part) => /^[a-z0-9][a-z0-9._-]*$/.test(part))) return undefined;
  return "a platform has the form os/architecture or os/architecture/variant: linux/arm64/v8";
}

/** A valid platform, taken apart. */
export function parsePlatform(text: string): Platform {
  const [os = "", architecture = "", variant] = text.split("/");
  return Object.freeze({ os, architecture, ...(variant === undefined ? {} : { variant }) });
}

/** `os/architecture[/variant]`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join("/");
}

/** Whether the descriptor is for the platform. A variant that was not asked for may be any. */
export function isFor(wanted: Platform, { platform }: Descriptor): boolean {
  if (platform?.os !== wanted.os || platform.architecture !== wanted.architecture) return false;
  return (
    wanted.variant === undefined ||
    wanted.variant === (platform.variant ?? defaultVariant(platform))
  );
}

/** arm64 is v8 by itself, and registries hold both spellings. */
function defaultVariant({ architecture }: Platform): string | undefined {
  return architecture === "arm64" ? "v8" : undefined;
}
