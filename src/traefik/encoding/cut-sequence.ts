import { cutNames, isBorder, type Cut } from "./cut.ts";
import type { Steps } from "../../turns.ts";

/** What is in a sequence, and how a piece of it is kept. */
export interface Form<Item, Piece> {
  readonly cut: Cut;
  nameOf(item: Item): string;
  /** The items of a piece, in their order. */
  open(piece: Piece): Item[];
  /** @param items at least one, in their order */
  close(items: readonly Item[]): Piece;
  /** Whether a piece would be made of just these items. */
  isMadeOf(piece: Piece, items: readonly Item[]): boolean;
}

/** A name with what it stands for from now on; null takes it out. */
export interface Edit<Item> {
  readonly name: string;
  readonly item: Item | null;
}

interface Node<Piece> {
  readonly piece: Piece;
  readonly first: string;
  readonly last: string;
  /** Whether its last name is a border by itself; else only its run was too long. */
  readonly endsRun: boolean;
}

/**
 * Items sorted by name, kept in pieces that depend on the names alone. An edit opens the pieces
 * that it touches, and no others.
 */
export class CutSequence<Item, Piece> {
  readonly #form: Form<Item, Piece>;
  #nodes: readonly Node<Piece>[] = [];
  #size = 0;

  constructor(form: Form<Item, Piece>) {
    this.#form = form;
  }

  /** How many items there are. */
  get size(): number {
    return this.#size;
  }

  get pieces(): readonly Piece[] {
    return this.#nodes.map(({ piece }) => piece);
  }

  /** The index of the piece that has a name, or would have it; -1 where there is none at all. */
  indexOf(name: string): number {
    let low = 0;
    let high = this.#nodes.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#nodes[middle]?.last ?? "") < name) low = middle + 1;
      else high = middle;
    }
    return high;
  }

  /** The piece that has a name, or would have it. */
  pieceOf(name: string): Piece | undefined {
    return this.#nodes[this.indexOf(name)]?.piece;
  }

  /**
   * Puts and removes items, and takes a break after each piece that it has made.
   * @param edits sorted by name, each name once
   */
  *edit(edits: readonly Edit<Item>[]): Steps<void> {
    const old = this.#nodes;
    const next: Node<Piece>[] = [];
    let at = 0;
    let index = 0;
    let size = this.#size;
    while (index < old.length || at < edits.length) {
      let end = runEnd(old, index);
      if (index < old.length && !isWithin(old, end, edits[at]?.name)) {
        for (; index < end; index++) next.push(old[index] as Node<Piece>);
        continue;
      }
      const items: Item[] = [];
      let start = index;
      for (;;) {
        const before = old.slice(start, end).flatMap(({ piece }) => this.#form.open(piece));
        const until = at;
        while (at < edits.length && (end === old.length || isWithin(old, end, edits[at]?.name)))
          at++;
        const after = this.#merge(before, edits.slice(until, at));
        size += after.length - before.length;
        for (const item of after) items.push(item);
        // Without its border, a run goes on into the next one.
        if (end >= old.length || items.length === 0 || this.#endsRun(items.at(-1))) break;
        start = end;
        end = runEnd(old, start);
      }
      yield* this.#close(items, old.slice(index, end), next);
      index = end;
    }
    this.#nodes = next;
    this.#size = size;
  }

  #endsRun(item: Item | undefined): boolean {
    return item !== undefined && isBorder(this.#form.nameOf(item), this.#form.cut);
  }

  #merge(items: readonly Item[], edits: readonly Edit<Item>[]): Item[] {
    const merged: Item[] = [];
    let at = 0;
    for (const edit of edits) {
      for (; at < items.length; at++) {
        const item = items[at] as Item;
        const name = this.#form.nameOf(item);
        if (name > edit.name) break;
        if (name < edit.name) merged.push(item);
      }
      if (edit.item !== null) merged.push(edit.item);
    }
    for (; at < items.length; at++) merged.push(items[at] as Item);
    return merged;
  }

  /** Makes pieces of whole runs, those that are as before from before. */
  *#close(
    items: readonly Item[],
    before: readonly Node<Piece>[],
    next: Node<Piece>[],
  ): Steps<void> {
    const names = items.map((item) => this.#form.nameOf(item));
    let start = 0;
    for (const end of cutNames(names, this.#form.cut)) {
      const first = names[start] ?? "";
      const last = names[end - 1] ?? "";
      const own = items.slice(start, end);
      const same = before.find(
        (node) =>
          node.first === first && node.last === last && this.#form.isMadeOf(node.piece, own),
      );
      const endsRun = isBorder(last, this.#form.cut);
      next.push(same ?? { piece: this.#form.close(own), first, last, endsRun });
      start = end;
      yield;
    }
  }
}

/** Where the run that starts at a piece ends, exclusive. */
function runEnd(nodes: readonly Node<unknown>[], start: number): number {
  for (let at = start; at < nodes.length; at++) if (nodes[at]?.endsRun === true) return at + 1;
  return nodes.length;
}

/** Whether a name belongs to the run that ends there: the last one takes all that come behind it. */
function isWithin(nodes: readonly Node<unknown>[], end: number, name: string | undefined): boolean {
  return name !== undefined && (end === nodes.length || name <= (nodes[end - 1]?.last ?? ""));
}
