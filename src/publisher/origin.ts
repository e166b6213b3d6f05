import { createHash } from "node:crypto";
import { redactConfig, type Config } from "../config.ts";

/**
 * What a document is made from beside its revision: the state's lineage, the release and the
 * configuration. Equal origins and revisions render to equal bytes.
 */
export function originOf(config: Config, lineage: string, version: string): string {
  const parts = [lineage, version, JSON.stringify(redactConfig(config))];
  return createHash("sha256").update(parts.join("\n")).digest("base64url");
}
