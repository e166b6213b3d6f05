/** Something that a document names and that has to exist. */
export type Reference = { readonly line: number } & (
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "anchor"; readonly path: string; readonly anchor: string }
  | { readonly kind: "task"; readonly task: string }
  /** A test, cited as `test/file.test.ts`: "its name". */
  | { readonly kind: "test"; readonly path: string; readonly name: string }
);

/** Code in backticks that begins like this is a path of the repository. */
const PATH =
  /^(?:src|test|docs|scripts|examples|config|bench|\.ci)\/[\w./-]*$|^[A-Z][\w.-]*\.md$|^(?:Dockerfile|LICENSE|package\.json|tsconfig\.json|\.dockerignore)$/;

/** Everything that a Markdown document refers to. In fenced code, only tasks are looked for. */
export function referencesOf(markdown: string): Reference[] {
  const found: Reference[] = [];
  let fenced = false;
  for (const [index, text] of markdown.split("\n").entries()) {
    const line = index + 1;
    if (text.trimStart().startsWith("```")) fenced = !fenced;
    for (const [, task = ""] of text.matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)) {
      found.push({ kind: "task", line, task });
    }
    if (fenced) continue;
    for (const [, code = ""] of text.matchAll(/`([^`]+)`/g)) {
      if (PATH.test(code)) found.push({ kind: "path", line, path: code });
    }
    for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = "", anchor] = target.split("#", 2);
      if (anchor === undefined) found.push({ kind: "path", line, path });
      else found.push({ kind: "anchor", line, path, anchor });
    }
    for (const [, path = "", name = ""] of text.matchAll(/`(test\/[\w./-]+)`: "([^"]+)"/g)) {
      found.push({ kind: "test", line, path, name });
    }
  }
  return found;
}

/** The anchors of a document's headings, as GitHub makes them. */
export function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
