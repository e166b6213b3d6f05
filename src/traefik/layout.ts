import type { Config } from "../config.ts";
import { takesTree } from "../config/traefik-version.ts";
import type { Shape } from "./shape.ts";

/** How the routers of claimed hosts stand to each other; what a request gets is the same. */
export type Layout = "flat" | "tree";

type Choice = Pick<Config["traefik"], "layout" | "version">;

/**
 * The layout for so many claimed hosts: what the operators chose, else a tree from a size on, and
 * only for a Traefik that is known to take it.
 */
export function layoutFor({ layout, version }: Choice, hosts: number, shape: Shape): Layout {
  if (layout !== "auto") return layout;
  return version !== null && takesTree(version) && hosts > shape.treeAbove ? "tree" : "flat";
}

/** What the operators should know of the layout, if anything. */
export function layoutAdvice(
  { layout, version }: Choice,
  hosts: number,
  shape: Shape,
): string | undefined {
  if (layout !== "auto" || version !== null || hosts <= shape.treeAbove) return undefined;
  return `Traefik looks through the routers of all ${hosts} hosts for each request. Set traefik.version: for 3.6 and newer they are published as a tree.`;
}
