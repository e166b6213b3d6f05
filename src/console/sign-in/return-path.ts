const PATH_MAX = 2_000;
/** One slash, then what a browser would read as nothing but a path and a query of this host. */
const PATH = /^\/(?![/\\])[!-[\]-~]*$/;

/**
 * Where to go after signing in: a path of the console's own, or its start. Whoever makes a link to
 * the sign-in page chooses this text, so nothing passes that leads to another host.
 */
export function returnPath(text: string | undefined): string {
  if (text === undefined || text.length > PATH_MAX || !PATH.test(text)) return "/";
  return text;
}

/** The sign-in page that leads back to a path. */
export function signInPath(to: string): string {
  return to === "/" ? "/sign-in" : `/sign-in?to=${encodeURIComponent(to)}`;
}

/** Where a sign-in at the provider begins. */
export function startPath(query: { readonly to?: string; readonly invitation?: string }): string {
  const search = new URLSearchParams({ ...query });
  if (query.to === "/") search.delete("to");
  return search.size === 0 ? "/sign-in/start" : `/sign-in/start?${search.toString()}`;
}
