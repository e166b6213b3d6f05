import { describe, expect, it } from "vitest";
import { withConfigTable } from "../../scripts/docs/config-table.ts";
import { anchorsOf, referencesOf } from "../../scripts/docs/references.ts";
import { taskProblems, tasks } from "../../scripts/docs/tasks.ts";

describe("references of a document", () => {
  it("are paths, tasks, anchors and tests, each with its line", () => {
    const text = [
      "See `src/app.ts`, not `http.port`; run `npm run demo -- --once`.",
      "[Operations](docs/operations.md#back-up), [here](#layers), [away](https://traefik.io).",
      '`test/a.test.ts`: "does it"',
    ].join("\n");
    expect(referencesOf(text)).toEqual([
      { kind: "task", line: 1, task: "demo" },
      { kind: "path", line: 1, path: "src/app.ts" },
      { kind: "anchor", line: 2, path: "docs/operations.md", anchor: "back-up" },
      { kind: "anchor", line: 2, path: "", anchor: "layers" },
      { kind: "path", line: 3, path: "test/a.test.ts" },
      { kind: "test", line: 3, path: "test/a.test.ts", name: "does it" },
    ]);
  });

  it("in fenced code are tasks alone", () => {
    const text = "```sh\nnpm run services && cat `src/nothing.ts`\n```\n`src/app.ts`";
    expect(referencesOf(text)).toEqual([
      { kind: "task", line: 2, task: "services" },
      { kind: "path", line: 4, path: "src/app.ts" },
    ]);
  });

  it("lead to headings as GitHub names them", () => {
    expect(anchorsOf("# A, b & `c`\ntext\n### Watch it")).toEqual(["a-b--c", "watch-it"]);
  });
});

describe("the configuration table", () => {
  it("is put between its markers, and stays as it is the second time", () => {
    const begin = "<!-- config:begin, written by npm run docs:config -->";
    const document = `before\n${begin}\nthe table of yesterday\n<!-- config:end -->\nafter\n`;
    const written = withConfigTable(document);
    expect(written).toContain("| `http.port` | whole number from 0 to 65535 | `8080` |");
    expect(written).not.toContain("yesterday");
    expect(written).toMatch(/^before\n[\s\S]*\nafter\n$/);
    expect(withConfigTable(written)).toBe(written);
  });

  it("is not written without them", () => {
    expect(() => withConfigTable("# Nothing")).toThrow("markers");
  });
});

describe("the list of tasks", () => {
  it("names what package.json and it disagree about, hooks left out", () => {
    const { demo: _missing, ...rest } = tasks;
    expect(taskProblems({ ...rest, prestart: "x", another: "x" })).toEqual([
      'scripts/docs/tasks.ts does not explain "another"',
      'scripts/docs/tasks.ts explains "demo", which package.json does not have',
    ]);
  });
});
