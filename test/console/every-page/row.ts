import type { ActorName, OwnerName, ThingKind } from "./world.ts";

/** What is expected of one page or form. */
export interface Row {
  /** What its path, or its form, speaks of. */
  readonly of: ThingKind;
  /** Whose it may be: asked for each. */
  readonly whose: readonly OwnerName[];
  /** Who is let, beside whoever it belongs to. Everybody who is signed in: nobody's thing. */
  readonly may: "its own" | "its own and admins" | "everybody" | "admins";
  /** What stands behind its path's question mark; `{id}` stands for the thing's. */
  readonly query?: Readonly<Record<string, string>>;
  /** Sent with it; `{id}` stands for the thing's. */
  readonly form?: Readonly<Record<string, string>>;
  /** What whoever is let is answered. */
  readonly answer: number;
  /** What is answered for a thing that is not there. */
  readonly missing: number;
}

export const BOTH: readonly OwnerName[] = ["alice", "games"];
const HERS: readonly OwnerName[] = ["alice"];

/** A row of what is not said; without anything, a page that everybody has. */
export const row = (more: Partial<Row>): Row => ({
  of: "none",
  whose: HERS,
  may: "everybody",
  answer: 200,
  missing: 404,
  ...more,
});
/** A page that everybody has, with their own on it. */
export const list = row({});
/** A form that leads to a page. */
export const done = { answer: 303 } as const;
/** A page of the admins', or a form. */
export const admin = (of: ThingKind = "none", more: Partial<Row> = {}) =>
  row({ of, may: "admins", ...more });

/** Whether the row lets this actor, for a thing of this owner. */
export function lets({ may }: Row, actor: ActorName, owner: OwnerName): boolean {
  const isOwn = actor === "alice" ? owner === "alice" : actor === "bob" && owner === "games";
  switch (may) {
    case "everybody":
      return actor !== "erik" && actor !== "nobody";
    case "admins":
      return actor === "ada";
    case "its own":
      return isOwn;
    case "its own and admins":
      return isOwn || actor === "ada";
  }
}

/** Taking over, by an admin, what no system has. */
export const NOTHING_THERE = { form: { name: "nothing", owner: "games" }, answer: 404 } as const;
