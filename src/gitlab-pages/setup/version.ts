/** Whether a GitLab of that version is one of at least `major.minor`. */
export function isAtLeast(version: string, major: number, minor: number): boolean {
  const [ofMajor = 0, ofMinor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  return ofMajor > major || (ofMajor === major && ofMinor >= minor);
}

/** Whether it has the API for Pages (16.8). */
export function hasPagesApi(version: string): boolean {
  return isAtLeast(version, 16, 8);
}

/** Whether its hooks can be signed (19.0). */
export function signsHooks(version: string): boolean {
  return isAtLeast(version, 19, 0);
}
