import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { renderExample, withKeyTable } from "../../src/config/describe.ts";
import { readFacts, renderSchemaTables } from "./schema-tables.ts";

// Rewrites what is generated: from the schema of the configuration, and the schema of oneM2M from its facts;
// `npm run readme` runs it.
const pathOf = (file: string): string => fileURLToPath(new URL(`../../${file}`, import.meta.url));

writeFileSync(pathOf("config/gateway.example.yaml"), renderExample());
writeFileSync(pathOf("src/codec/schema/tables.generated.ts"), renderSchemaTables(readFacts()));

const readme = pathOf("README.md");
const updated = existsSync(readme) ? withKeyTable(readFileSync(readme, "utf8")) : undefined;
if (updated !== undefined) writeFileSync(readme, updated);
