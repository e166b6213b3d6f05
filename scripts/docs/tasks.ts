/** Every task of package.json, with what it is for. `npm run help` prints it. */
export const tasks: Readonly<Record<string, string>> = {
  help: "list the tasks",
  start: "build, and run the console",
  dev: "run the console from its sources, anew at every change",
  demo: "run the console with a real Traefik and members' services, and lines to try (-- --once checks them)",
  loadgen: "write a believable host of many members into a store (-- --help)",
  services: "install the real systems that tests run against (-- --list shows them)",
  test: "run the tests; those of services that are missing are skipped",
  lint: "look for mistakes and for imports against the layers",
  format: "format the files that you name, or all",
  "format:check": "say which files are not formatted",
  typecheck: "check the types of everything, tests included",
  build: "compile src/ to dist/",
  bench: "measure, and print the table (-- --json for machines)",
  screenshots: "take a picture of every page of the console, at both widths (-- --help)",
  mutation: "break the code in many ways and see which tests notice",
  "docs:config": "write the configuration table of README.md anew",
  "check:docs": "check that every path, task and test that the documents name exists",
  "check:image": "run the Dockerfile's steps without Docker, start the result, and end it",
};

/** Tasks that only run before another, by npm's naming. */
const HOOK = /^(?:pre|post)(?=.)/;

/** What package.json's scripts and the list above disagree about, a sentence each. */
export function taskProblems(scripts: Readonly<Record<string, string>>): string[] {
  const real = Object.keys(scripts).filter(
    (name) => !(HOOK.test(name) && name.replace(HOOK, "") in scripts),
  );
  return [
    ...real
      .filter((name) => !(name in tasks))
      .map((name) => `scripts/docs/tasks.ts does not explain "${name}"`),
    ...Object.keys(tasks)
      .filter((name) => !(name in scripts))
      .map((name) => `scripts/docs/tasks.ts explains "${name}", which package.json does not have`),
  ];
}
