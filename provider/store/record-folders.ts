/**
 * Where the records beside the trees lie, and the work under way: below one folder whose name Pulumi
 * leaves out of archives. They differ from machine to machine, and an archive of the whole program
 * must not. Names only; relative to `.oci-artifacts`.
 *
 * https://github.com/pulumi/pulumi/blob/v3.230.0/sdk/go/common/resource/archive/archive.go
 */
import { join } from "node:path";

const RECORDS_FOLDER = ".pulumi";

/** What lies in each tree. */
export const RECEIPTS_FOLDER = join(RECORDS_FOLDER, "receipts");

/** Who uses which tree. */
export const CLAIMS_FOLDER = join(RECORDS_FOLDER, "claims");

/** What was placed at destinations. */
export const DESTINATIONS_FOLDER = join(RECORDS_FOLDER, "destinations");

/** Where trees are built, and where what is replaced steps aside; beside them, to rename from. */
export const STAGING_FOLDER = join(RECORDS_FOLDER, "staging");
