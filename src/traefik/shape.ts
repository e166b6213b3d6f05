import type { Cut } from "./encoding/cut.ts";

/** Sizes from which on a document takes another shape. Tests make them small. */
export interface Shape {
  /** Neighbouring hosts under one root, and in one redirect. */
  readonly hosts: Cut;
  /** Entries that are encoded and deflated together. */
  readonly entries: Cut;
  /** A map with more entries is written with merge keys. */
  readonly mergeAbove: number;
  /** With more claimed hosts the layout is a tree, where it is chosen by itself. */
  readonly treeAbove: number;
}

export const SHAPE: Shape = {
  hosts: { mean: 64, max: 256 },
  entries: { mean: 256, max: 1_024 },
  mergeAbove: 1_024,
  treeAbove: 256,
};
