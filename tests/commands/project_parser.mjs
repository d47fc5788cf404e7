// Reads a project folder as HubSpot's own CLI would, and prints what it understood.
import path from "node:path";
import { getProjectMetadata, parseProjectConfig } from "@hubspot/project-parsing-lib/projects";
import { translate } from "@hubspot/project-parsing-lib/translate";

const [folder, profile] = process.argv.slice(2);
const { srcDir, platformVersion } = parseProjectConfig(folder);
const projectSourceDir = path.join(folder, srcDir);
// The components' schemas are on HubSpot's server, so only the form is judged here.
const { intermediateRepresentation, skippedHsMetaFiles } = await translate(
  { projectSourceDir, platformVersion, accountId: 1 },
  { skipValidation: true, profile },
);
const { components } = await getProjectMetadata(projectSourceDir);
const nodes = intermediateRepresentation.intermediateNodesIndexedByUid;
console.log(JSON.stringify({ nodes, skipped: skippedHsMetaFiles, components }));
