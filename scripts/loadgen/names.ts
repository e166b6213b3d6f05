import type { Random } from "./random.ts";
import { firstNames, nicks, societies, surnames } from "./words.ts";

const LABEL_MAX = 40;

/** Gives names that nobody has yet, chosen and changed as people do when theirs is taken. */
export class NameGiver {
  readonly #random: Random;
  readonly #taken: Set<string>;

  /** @param kept names that nobody may have */
  constructor(random: Random, kept: Iterable<string>) {
    this.#random = random;
    this.#taken = new Set(kept);
  }

  /** A person's user name. */
  person(): string {
    return this.#free(() => this.#wish());
  }

  /** A society's, a lab's or a team's. */
  group(): string {
    const { chance, pick } = this.#random;
    return this.#free(() => {
      const name = pick(societies);
      if (chance(0.5)) return name;
      return chance(0.5) ? `${name}-soc` : `${name}${pick(["club", "team", "lab", "group"])}`;
    });
  }

  #wish(): string {
    const { below, chance, pick } = this.#random;
    const first = pick(firstNames);
    const last = pick(surnames);
    switch (below(8)) {
      case 0:
        return first;
      case 1:
        return `${first}${pick(["", "-"])}${last}`;
      case 2:
        return `${first.charAt(0)}${last}`;
      case 3:
        return `${last}${first.charAt(0)}`;
      case 4:
        return `${first}${chance(0.5) ? 70 + below(38) : 1 + below(999)}`;
      case 5:
        return `${pick(nicks)}${pick(nicks)}`;
      case 6:
        return `${pick(nicks)}${pick(["", "-", "x"])}${first}`;
      default:
        return `s${1_000_000 + below(2_000_000)}`;
    }
  }

  #free(wish: () => string): string {
    const { below, pick } = this.#random;
    for (let wished = wish(), tries = 0; ; tries++) {
      const name = tries === 0 ? wished : this.#changed(wished, tries);
      if (name.length <= LABEL_MAX && !this.#taken.has(name)) {
        this.#taken.add(name);
        return name;
      }
      // Some insist on their name, others think of another one.
      if (below(3) === 0) wished = pick([wished, wish()]);
    }
  }

  #changed(name: string, tries: number): string {
    const { below, pick } = this.#random;
    const digits = String(below(10 ** Math.min(1 + Math.floor(tries / 3), 6)));
    return pick([`${name}${digits}`, `${name}-${digits}`, `the${name}`, `${name}x${digits}`]);
  }
}
