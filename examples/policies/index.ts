import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { Ajv } from "ajv";
import { OciArtifact } from "pulumi-oci-artifact";

const config = new pulumi.Config();
const registry = config.get("registry") ?? "localhost:5000";
const service: unknown = config.getObject("service") ?? { name: "web", replicas: 2 };

// Published with:  oras push localhost:5000/team/schemas:1 service.schema.json:application/schema+json
const schemas = new OciArtifact("schemas", {
  reference: `${registry}/team/schemas:1`,
  plainHttp: true,
});

// What the schema does not allow fails the preview.
const allowed = schemas.file("service.schema.json").apply((file) => {
  const ajv = new Ajv({ allErrors: true });
  const schema = JSON.parse(readFileSync(file, "utf8")) as object;
  if (ajv.validate(schema, service)) return service;
  throw new pulumi.RunError(ajv.errorsText(ajv.errors, { dataVar: "service" }));
});

new pulumi.Stash("service", { input: allowed });
