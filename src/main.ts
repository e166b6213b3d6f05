#!/usr/bin/env node
import { CommanderError } from "commander";
import { createProgram, explainFailure } from "./cli/program.ts";

process.umask(0o077);
try {
  await createProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and version come here too; commander has printed what there is to say.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    const { text, exitCode, details } = explainFailure(error);
    if (process.argv.includes("--json"))
      process.stderr.write(`${JSON.stringify({ error: text, details })}\n`);
    else process.stderr.write(`${text}\n`);
    process.exitCode = exitCode;
  }
}
