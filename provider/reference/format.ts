/**
 * Writes references and their parts: the canonical form, the short form of Docker Hub, the pinned
 * form, the tag to ask for. It never checks what it is given; `parseReference` did.
 */
import type { Reference } from "../types";
import { DOCKER_HUB } from "../docker-hub";
import { isHost } from "./grammar";
import { LAYOUT_REGISTRY, LAYOUT_SCHEME, layoutName } from "./oci-layout";
import { OCI_SCHEME } from "./oci-url";

/** Asked for where a reference names neither tag nor digest. */
const DEFAULT_TAG = "latest";

type Repository = Pick<Reference, "registry" | "repository">;

/**
 * The canonical form `registry/repository[:tag][@digest]`; `subPath` is no part of it. A host that
 * reads like a namespace of Docker Hub ("oci://registry/name") keeps its `oci://`, so that parsing
 * the result names the same repository again.
 */
export function formatReference(reference: Reference): string {
  const tag = reference.tag === undefined ? "" : `:${reference.tag}`;
  const digest = reference.digest === undefined ? "" : `@${reference.digest}`;
  return `${repositoryName(reference)}${tag}${digest}`;
}

/** The form that Docker shows: "busybox:1" for docker.io/library/busybox:1, others in full. */
export function familiarName(reference: Reference): string {
  const full = formatReference(reference);
  if (reference.registry !== DOCKER_HUB) return full;
  const path = full.slice(`${DOCKER_HUB}/`.length);
  const official = /^library\/[^/]+$/.test(reference.repository);
  return official ? path.slice("library/".length) : path;
}

/** `registry/repository@digest`: names the same content for ever. */
export function pinnedReference(reference: Repository, digest: string): string {
  return `${repositoryName(reference)}@${digest}`;
}

/**
 * The tag to ask for: the written one, "latest" where there is no digest either, else none. A layout
 * without a tag has none: what is meant depends on what it holds.
 */
export function effectiveTag(reference: Reference): string | undefined {
  const isNamed = reference.digest !== undefined || reference.registry === LAYOUT_REGISTRY;
  return reference.tag ?? (isNamed ? undefined : DEFAULT_TAG);
}

/** Last component of the repository, for folder names: "manifests" of ghcr.io/team/manifests. */
export function lastSegment(reference: Repository): string {
  if (reference.registry === LAYOUT_REGISTRY) return layoutName(reference.repository);
  return reference.repository.slice(reference.repository.lastIndexOf("/") + 1);
}

function repositoryName({ registry, repository }: Repository): string {
  if (registry === LAYOUT_REGISTRY) return `${LAYOUT_SCHEME}${repository}`;
  return `${isHost(registry) ? "" : OCI_SCHEME}${registry}/${repository}`;
}
