import fc from "fast-check";
import { expect, test } from "vitest";
import { configReference, formatProblem, loadConfig } from "../../src/config.ts";
import { parseSource } from "../../src/config/source.ts";
import { complaints, loadText } from "./support.ts";

const RUNS = Number(process.env["TARDIS_FUZZ_RUNS"] ?? 300);
const TIMEOUT = 30_000 + RUNS * 30;
const keys = configReference().flatMap((row) => row.path.split("."));

const scalar = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(...keys, "*", "*a", "&a", "<<", "!!binary", "!!set", "---", "...", "%YAML 1.1"),
  fc.constantFrom("[", "{", "]", "}", "? ", "- ", ": ", "|", ">-", "#", "'", '"', "\t", "\u0000"),
  fc.double().map(String),
);
/** Text with the shape of a configuration, indented anyhow. */
const yamlish = fc
  .array(
    fc.tuple(
      fc.nat(6),
      fc.constantFrom("", "- ", "? "),
      scalar,
      fc.constantFrom(":", "", ": "),
      scalar,
    ),
  )
  .map((lines) =>
    lines
      .map(([indent, start, a, colon, b]) => " ".repeat(indent) + start + a + colon + b)
      .join("\n"),
  );
/** JSON with the right keys and any values. */
const shaped = fc
  .dictionary(
    fc.constantFrom(...keys, "__proto__", "constructor", "toString"),
    fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...keys), fc.jsonValue())),
  )
  .map((value) => JSON.stringify(value));

test(
  "any text is a configuration or an error of one line a problem",
  () => {
    fc.assert(
      fc.property(fc.oneof(yamlish, shaped, fc.string({ unit: "binary" })), (text) => {
        // Throws what is no ConfigError.
        for (const line of complaints(() => loadText(text))) {
          expect(line).toMatch(/^tardis\.yaml[^\n\r]+$/);
        }
        expect(({} as Record<string, unknown>)["zone"]).toBeUndefined();
      }),
      { numRuns: RUNS },
    );
  },
  TIMEOUT,
);

test(
  "problems stand at a line of the text",
  () => {
    fc.assert(
      fc.property(yamlish, (text) => {
        const lines = text.split("\n").length;
        for (const problem of parseSource(text, "f").problems) {
          if (problem.line !== undefined) {
            expect(problem.line, formatProblem(problem)).toBeGreaterThanOrEqual(1);
            expect(problem.line, formatProblem(problem)).toBeLessThanOrEqual(lines);
          }
        }
      }),
      { numRuns: RUNS },
    );
  },
  TIMEOUT,
);

test(
  "any environment is a configuration or an error",
  () => {
    const names = configReference().flatMap(({ env }) => [
      env,
      `${env}_FILE`,
      env.replace(/__.*/, ""),
    ]);
    const variables = fc.dictionary(
      fc.oneof(
        fc.constantFrom(...names),
        fc.string({ unit: "grapheme" }).map((name) => `TARDIS_${name}`),
      ),
      fc.oneof(fc.string({ unit: "grapheme" }), shaped, fc.json()),
    );
    fc.assert(
      fc.property(variables, (env) => {
        for (const line of complaints(() => loadConfig({ env, cwd: "/nonexistent" }))) {
          expect(line).not.toMatch(/[\n\r]/);
        }
      }),
      { numRuns: RUNS },
    );
  },
  TIMEOUT,
);
