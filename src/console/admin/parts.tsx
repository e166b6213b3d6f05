import type { Child } from "hono/jsx";
import { stretchOf } from "../pages/start-of.ts";
import { Pager } from "../parts/pager.tsx";
import { Table } from "../parts/table.tsx";
import { counted, whole } from "../words.ts";

/** A part of a page that has much on it. */
export interface Part {
  readonly id: string;
  readonly title: string;
  /** How much is in it; undefined for what is not counted. */
  readonly count?: number | undefined;
  /** What is worth a look in it. */
  readonly note?: Child;
  /** Where it is shown, or not, however much there is on the page. */
  readonly isOpen?: boolean | undefined;
  readonly body: Child;
}

/** So much in all is shown without being asked for: on a phone, more is many screens. */
const LITTLE = 12;

interface Listed<T> {
  readonly id: string;
  readonly title: string;
  readonly none: string;
  readonly columns: readonly string[];
  readonly items: readonly T[];
  readonly row: (item: T) => readonly Child[];
  /** How many of them are shown; all, when left out. */
  readonly atMost?: number;
  /** Where all are gone through on the page itself: which is the first that is shown, and the way to others. */
  readonly paged?: { readonly start: number; readonly href: (start: number) => string };
  /** Where all of them are. */
  readonly all?: string;
  /** Where it is shown, or not, however much there is on the page. */
  readonly isOpen?: boolean;
  readonly children?: Child;
}

/** One kind of what somebody has, as a table. */
export function listPart<T>(listed: Listed<T>): Part {
  const { id, title, none, columns, items, row, all, children } = listed;
  const { atMost = items.length, paged } = listed;
  const count = items.length;
  const { shown, newer, older, says } = stretchOf(
    items,
    paged?.start ?? 0,
    atMost,
    paged?.href ?? String,
  );
  const body = (
    <>
      {count === 0 ? (
        <p class="quiet-text">{none}</p>
      ) : (
        <Table caption={title} columns={columns} rows={shown.map(row)} />
      )}
      {all === undefined || count <= shown.length ? null : (
        <p>
          <a href={all}>All {counted(count, "of them", "of them")}</a>
        </p>
      )}
      {paged === undefined ? null : <Pager newer={newer} older={older} says={says} of={title} />}
      {children}
    </>
  );
  // Who goes on in it has it open.
  const isOpen = listed.isOpen ?? (newer === undefined ? undefined : true);
  return { id, title, count, isOpen, body };
}

/** The parts of a page. Where there is much, each is folded: its heading says how much, and opens it. */
export function Parts({ parts }: { parts: readonly Part[] }) {
  const isLittle = parts.reduce((sum, { count = 0 }) => sum + count, 0) <= LITTLE;
  return (
    <>
      {parts.map(({ id, title, count, note, isOpen, body }) => (
        <details class="part" open={isOpen ?? (isLittle && count !== 0)}>
          <summary>
            <h2>
              {title}
              {count === undefined ? null : <span class="count"> {whole(count)}</span>}
            </h2>{" "}
            {note}
          </summary>
          {/* Inside, so that browsers open what somebody is led to. */}
          <div id={id}>{body}</div>
        </details>
      ))}
    </>
  );
}
