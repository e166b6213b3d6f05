import { createHash } from "node:crypto";
import { redactConfig, type Config } from "../config.ts";

/** A digest of what of the configuration shapes documents: replicas must agree on it. */
export function settingsDigest(config: Config): string {
  const { zone, publicUrl, pages, userhomes, ownHosts, systems, labels } = config;
  const { targets, quotas, limits } = config;
  const { apiUrls: _, ...traefik } = config.traefik;
  const shaping = { zone, publicUrl, traefik, pages, userhomes, ownHosts, systems, labels };
  const text = JSON.stringify({ ...shaping, targets, quotas, limits });
  return createHash("sha256").update(text).digest("base64url");
}

/**
 * What documents are made from beside their revision: the release, the configuration and the
 * state's lineage. Equal origins and revisions render to equal bytes.
 * @returns the origin of a lineage's documents; the settings are looked at once, here
 */
export function originsOf(config: Config, version: string): (lineage: string) => string {
  const settings = [version, JSON.stringify(redactConfig(config))].join("\n");
  return (lineage) => createHash("sha256").update(`${lineage}\n${settings}`).digest("base64url");
}
