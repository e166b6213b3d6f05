/** Where in a list a page starts, as its address says. */
export function startOf(text: string | undefined): number {
  return text !== undefined && /^\d{1,7}$/.test(text) ? Number(text) : 0;
}
