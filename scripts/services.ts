import { parseArgs } from "node:util";
import { type ServiceName, isServiceName, services } from "./services/catalogue.ts";
import { cacheFolder, findService } from "./services/find.ts";
import { type Installed, ensureService } from "./services/install.ts";

const help = `Installs the real systems that tests and the demo run against.

Usage: npm run services [-- [options] [name ...]]

Without names all of them are installed. What is there already is left alone.

Options:
  --list   show each service, its version and where it is found; install nothing
  --json   print the outcome as JSON (progress goes to standard error)
  --help   show this text

Environment:
  TARDIS_CACHE    where to install (default: tardis-console in the user's cache folder)
  TARDIS_<NAME>   an executable to use instead of the installed one, such as TARDIS_TRAEFIK
`;

/** Runs the command. Returns the exit code: 0 well, 1 an install failed, 2 wrong arguments. */
async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { type: "boolean" },
      list: { type: "boolean" },
      json: { type: "boolean" },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const unknown = positionals.filter((name) => !isServiceName(name));
  if (unknown.length > 0) {
    const known = Object.keys(services).join(", ");
    throw new UsageError(`Unknown service: ${unknown.join(", ")}. Known: ${known}`);
  }
  const names = (positionals.length > 0 ? positionals : Object.keys(services)) as ServiceName[];
  if (values.list) {
    list(names, values.json ?? false);
    return 0;
  }
  return install(names, values.json ?? false);
}

function list(names: readonly ServiceName[], json: boolean): void {
  const found = names.map((name) => ({
    name,
    version: services[name].version,
    purpose: services[name].purpose,
    variable: services[name].variable,
    executable: findService(name) ?? null,
  }));
  if (json) return printJson({ cache: cacheFolder(), services: found });
  for (const { name, version, purpose, executable } of found)
    console.log(`${name} ${version}: ${purpose}\n  ${executable ?? "not installed"}`);
}

async function install(names: readonly ServiceName[], json: boolean): Promise<number> {
  const done: Installed[] = [];
  const failed: { name: ServiceName; error: string }[] = [];
  for (const name of names) {
    try {
      done.push(await ensureService(name, (line) => process.stderr.write(`${line}\n`)));
    } catch (error) {
      failed.push({ name, error: error instanceof Error ? error.message : String(error) });
    }
  }
  if (json) printJson({ cache: cacheFolder(), services: done, failed });
  else
    for (const { name, version, executable } of done)
      console.log(`${name} ${version}: ${executable}`);
  if (!json) for (const { error } of failed) console.error(error);
  return failed.length > 0 ? 1 : 0;
}

function printJson(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}

class UsageError extends Error {}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const wrongUse =
    error instanceof UsageError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
  console.error(error instanceof Error ? error.message : String(error));
  if (wrongUse) console.error("See npm run services -- --help");
  process.exitCode = wrongUse ? 2 : 1;
}
