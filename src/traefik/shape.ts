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
  // Requests a second, as a part of those with ten hosts: the flat layout has 0.9 to 1.2 of them with
  // 300 hosts, 0.74 to 0.91 with 1,000 and 0.18 to 0.39 with 10,000; the tree 0.9 to 1.3 with any.
  treeAbove: 256,
};
