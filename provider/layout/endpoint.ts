/**
 * The one endpoint of a reference to an image layout: a path of this machine. It has no mirrors, no
 * login and no certificates; whether the path is there is found out when it is asked.
 */
import { resolve } from "node:path";
import type { Endpoint, Reference } from "../types";

/** @param directory - Of the program, where relative paths count from; absolute. */
export function layoutEndpoint(
  { registry, repository, layout = repository }: Reference,
  directory: string,
): Endpoint {
  return Object.freeze({
    role: "origin",
    host: registry,
    registry,
    repository,
    plainHttp: false,
    tls: Object.freeze({ skipVerify: false, certificateAuthorities: [] }),
    layout: resolve(directory, layout),
  });
}
