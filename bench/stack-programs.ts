/**
 * The programs of the stacks that are measured: one that declares artifacts, and one with as many
 * resources of a provider that does nothing. Text only.
 */

/** @param registry - a repository whose tags are `image-0` and on, and the mirror that is named. */
export function artifactProgram(
  {
    repository,
    deadMirror,
  }: { readonly repository: string; readonly deadMirror: string | undefined },
  count: number,
): string {
  const mirrors = deadMirror === undefined ? [] : [{ location: deadMirror }];
  return `
const { OciArtifact } = require("pulumi-oci-artifact");
for (let index = 0; index < ${count}; index += 1) {
  new OciArtifact("artifact-" + index, {
    reference: ${JSON.stringify(repository)} + ":image-" + index,
    plainHttp: true,
    mirrors: ${JSON.stringify(mirrors)},
  });
}
`;
}

/** A dynamic provider that answers at once; a frozen text as ours, because serializing would cost more. */
const STAND_IN = [
  "exports.handler=()=>({check:async(olds,inputs)=>({inputs}),diff:async()=>({changes:false}),",
  'create:async(outs)=>({id:"1",outs}),read:async(id,props)=>({id,props}),delete:async()=>{}})',
].join("");

/** What comes between is the engine's: the host of dynamic providers, a state of so many resources. */
export function standInProgram(count: number): string {
  return `
const pulumi = require("@pulumi/pulumi");
for (let index = 0; index < ${count}; index += 1) {
  new pulumi.CustomResource("pulumi-nodejs:dynamic/stand-in:StandIn", "stand-in-" + index, {
    __provider: ${JSON.stringify(STAND_IN)},
    reference: "registry.example/team/artifact:" + index,
    digest: undefined,
  });
}
`;
}
