import type { Child } from "hono/jsx";

export interface TableProps {
  /** What the rows are, for those who do not see them. */
  readonly caption: string;
  /** Headings; an empty one for a column of actions. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Child[])[];
  /** It fits a phone as it is: no cards there. */
  readonly slim?: boolean;
}

/**
 * A table that becomes a card for each row where it is narrow. The roles are written out, as a table
 * that is laid out otherwise is none for some readers.
 */
export function Table({ caption, columns, rows, slim = false }: TableProps) {
  return (
    <table class={slim ? undefined : "cards"} role="table">
      <caption class="unseen">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th scope="col" role="columnheader">
              {column === "" ? <span class="unseen">Actions</span> : column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((cells) => (
          <tr role="row">
            {cells.map((cell, index) => (
              <td role="cell" data-label={columns[index] ?? ""}>
                {cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
