/** The way to the rest of a list. */
export function Pager({
  newer,
  older,
  words = ["Newer", "Older"],
  of = "this list",
  says,
}: {
  newer?: string | undefined;
  older?: string | undefined;
  words?: readonly [string, string];
  /** What is gone on with, where a page has several. */
  of?: string;
  /** Which part of all is shown. */
  says?: string;
}) {
  if (newer === undefined && older === undefined) return null;
  return (
    <nav class="pager" aria-label={`Pages of ${of}`}>
      {newer === undefined ? null : (
        <a href={newer} rel="prev">
          {words[0]}
        </a>
      )}
      {says === undefined ? null : <span class="quiet-text">{says}</span>}
      {older === undefined ? null : (
        <a href={older} rel="next">
          {words[1]}
        </a>
      )}
    </nav>
  );
}
