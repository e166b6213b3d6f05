/**
 * Whether a `.dockerignore` lets a path into the build context: the last line that names the path,
 * or a folder above it, decides (Docker's documentation, "Build context"). Of its patterns, `*` is
 * known.
 * @param path relative to the context, with slashes
 */
export function isLetThrough(ignoreFile: string, path: string): boolean {
  let ignored = false;
  for (const line of ignoreFile.split("\n").map((text) => text.trim())) {
    if (line === "" || line.startsWith("#")) continue;
    const negated = line.startsWith("!");
    if (names(negated ? line.slice(1) : line, path)) ignored = !negated;
  }
  return !ignored;
}

function names(pattern: string, path: string): boolean {
  const quoted = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${quoted.replaceAll("*", "[^/]*")}(/|$)`).test(path);
}
