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

export interface Start {
  /** Where to go in the end. */
  readonly to: string;
  /** What an invitation's page says for it (`keepInvitation`); never its code. */
  readonly invitation?: string | undefined;
}

/** Where a sign-in at the provider begins. */
export function startPath({ to, invitation }: Start): string {
  const search = new URLSearchParams();
  if (to !== "/") search.set("to", to);
  if (invitation !== undefined) search.set("invitation", invitation);
  return search.size === 0 ? "/sign-in/start" : `/sign-in/start?${search.toString()}`;
}
