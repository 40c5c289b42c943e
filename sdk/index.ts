/**
 * OCI content for Pulumi programs.
 */
export { OciArtifact } from "./artifact";
export { getOciArtifact, getOciArtifactOutput } from "./get-artifact";
export type {
  CredentialsArgs,
  GetOciArtifactArgs,
  GetOciArtifactResult,
  OciArtifactArgs,
} from "./args";
