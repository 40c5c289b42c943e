/**
 * The text that stands in the state as `__provider`: the engine evaluates it to find the provider.
 * Old states hold it and call it for refresh and destroy, so it never changes, and neither do the
 * type, the module path and the export that it names. Nothing is serialized.
 */

/** Type token of the resource. */
export const ARTIFACT_TYPE = "pulumi-nodejs:dynamic/oci-artifact:OciArtifact";

/** Type token of the resource that publishes. */
export const PUSH_TYPE = "pulumi-nodejs:dynamic/oci-artifact:OciArtifactPush";

/**
 * Loads the installed package; where it, or a part of it, is gone, destroy and refresh still
 * succeed, and everything else says what to do.
 */
export const ARTIFACT_STUB = stubOf("ociArtifact", "p.placedAt", "p.placedAt");

/** The same of the resource that publishes: what it was to delete stays, and is named. */
export const PUSH_STUB = stubOf("ociArtifactPush", "p.deleteOnDestroy", "p.pinned");

/** @param left - The expression that says whether destroying leaves anything; `name` is what that is. */
function stubOf(exportName: string, left: string, name: string): string {
  return [
    `exports.handler=()=>{const m="pulumi-oci-artifact/provider";try{return require(m).${exportName}}`,
    `catch(e){if(e.code!=="MODULE_NOT_FOUND")throw e;`,
    `const no=async()=>{throw Object.assign(new Error("the package pulumi-oci-artifact is not installed here\\nhint: run npm install in the program's folder"),{stack:""})};`,
    `return{check:no,create:no,update:no,diff:async()=>({changes:false}),read:async(id,props)=>({id,props}),`,
    `delete:async(id,p)=>{if(${left})console.log("pulumi-oci-artifact is not installed here; left in place: "+${name})}}}};`,
  ].join("");
}
