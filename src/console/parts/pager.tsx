/** The way to the rest of a list. */
export function Pager({
  newer,
  older,
  words = ["Newer", "Older"],
}: {
  newer?: string | undefined;
  older?: string | undefined;
  words?: readonly [string, string];
}) {
  if (newer === undefined && older === undefined) return null;
  return (
    <nav class="pager" aria-label="Pages of this list">
      {newer === undefined ? null : (
        <a href={newer} rel="prev">
          {words[0]}
        </a>
      )}
      {older === undefined ? null : (
        <a href={older} rel="next">
          {words[1]}
        </a>
      )}
    </nav>
  );
}
