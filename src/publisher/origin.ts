import { createHash } from "node:crypto";
import { redactConfig, type Config } from "../config.ts";

/**
 * What documents are made from beside their revision: the release, the configuration and the
 * state's lineage. Equal origins and revisions render to equal bytes.
 * @returns the origin of a lineage's documents; the settings are looked at once, here
 */
export function originsOf(config: Config, version: string): (lineage: string) => string {
  const settings = [version, JSON.stringify(redactConfig(config))].join("\n");
  return (lineage) => createHash("sha256").update(`${lineage}\n${settings}`).digest("base64url");
}
