const WHOLE = new Intl.NumberFormat("en-GB");

/** `1 owner`, `10,000 owners`. */
export function counted(count: number, one: string, more = `${one}s`): string {
  return `${whole(count)} ${count === 1 ? one : more}`;
}

/** A number for people: `10,000`. */
export function whole(count: number): string {
  return WHOLE.format(count);
}

/** A size for people: `812 B`, `1.4 MB`. */
export function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const units = ["kB", "MB", "GB"];
  let value = bytes / 1_000;
  let unit = 0;
  for (; value >= 1_000 && unit < units.length - 1; unit++) value /= 1_000;
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}

/** A summary as it stands alone. One that begins with a name or a host keeps it as it is. */
export function sentence(text: string): string {
  return /^(?:the|a|an) /.test(text) ? `${text.charAt(0).toUpperCase()}${text.slice(1)}` : text;
}
