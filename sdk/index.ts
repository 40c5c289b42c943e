/**
 * OCI content for Pulumi programs.
 */
export { OciArtifact } from "./artifact";
export { getOciArtifact, getOciArtifactOutput } from "./get-artifact";
export { OciArtifactPush } from "./push";
export type { OwnedByPush } from "./push";
export type { OciArtifactPushArgs, PushFileArgs } from "./push-args";
export type {
  ClientCertificateArgs,
  CredentialsArgs,
  GetOciArtifactArgs,
  GetOciArtifactResult,
  HostArgs,
  LimitsArgs,
  MirrorArgs,
  OciArtifactArgs,
  RegistryArgs,
  TimeoutsArgs,
  TufArgs,
  VerifyArgs,
  VerifyIdentityArgs,
} from "./args";
