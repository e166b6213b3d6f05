import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { withConfigTable } from "./docs/config-table.ts";
import { type Reference, anchorsOf, referencesOf } from "./docs/references.ts";
import { taskProblems } from "./docs/tasks.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

function documents(): string[] {
  const inFolder = (folder: string) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md"))
      .map((name) => join(folder, name));
  const atRoot = readdirSync(root).filter((name) => name.endsWith(".md"));
  return [...atRoot, ...inFolder("docs"), ...inFolder("examples")].toSorted();
}

/** What is wrong with a reference; undefined when nothing is. */
function problemWith(reference: Reference, document: string): string | undefined {
  if (reference.kind === "task") {
    return reference.task in scripts ? undefined : `there is no task "${reference.task}"`;
  }
  const path = reference.path === "" ? document : find(reference.path, document);
  if (path === undefined) return `there is no ${reference.path}`;
  if (reference.kind === "anchor" && !anchorsOf(read(path)).includes(reference.anchor)) {
    return `${path} has no #${reference.anchor}`;
  }
  if (reference.kind === "test" && !read(path).includes(reference.name)) {
    return `${path} has no test "${reference.name}"`;
  }
  return undefined;
}

/** A path that exists, relative to the repository: given from its root or from the document. */
function find(path: string, document: string): string | undefined {
  const besideDocument = join(root, dirname(document), path);
  return [join(root, path), besideDocument]
    .filter((candidate) => existsSync(candidate))
    .map((candidate) => relative(root, candidate))[0];
}

function main(): number {
  const problems = taskProblems(scripts);
  for (const document of documents()) {
    for (const reference of referencesOf(read(document))) {
      const problem = problemWith(reference, document);
      if (problem !== undefined) problems.push(`${document}:${reference.line}: ${problem}`);
    }
  }
  const readme = read("README.md");
  if (withConfigTable(readme) !== readme) {
    problems.push("README.md: the configuration table is old: npm run docs:config");
  }
  for (const problem of problems) console.error(problem);
  if (problems.length === 0) console.log(`${documents().length} documents are right.`);
  return problems.length === 0 ? 0 : 1;
}

process.exitCode = main();
