/** A Dockerfile as far as ours goes: enough to run its steps without Docker. */
export interface Stage {
  readonly name: string | undefined;
  readonly image: string;
  readonly steps: readonly Step[];
}

export type Step =
  | {
      readonly kind: "copy";
      /** The stage it copies from; undefined: the build context. */
      readonly from: string | undefined;
      readonly sources: readonly string[];
      readonly target: string;
    }
  | { readonly kind: "run"; readonly command: string }
  | { readonly kind: "env"; readonly name: string; readonly value: string }
  | { readonly kind: "workdir"; readonly folder: string }
  | { readonly kind: "user"; readonly uid: number; readonly gid: number }
  | { readonly kind: "entrypoint" | "cmd" | "healthcheck"; readonly words: readonly string[] };

/** Instructions that say something to Docker alone. */
const DOCKER_ONLY = new Set(["EXPOSE", "VOLUME", "STOPSIGNAL"]);

/**
 * Reads a Dockerfile.
 * @throws Error naming the line of an instruction, or a form of it, that is not understood
 */
export function parseDockerfile(text: string): Stage[] {
  const stages: { name: string | undefined; image: string; steps: Step[] }[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [, instruction = "", rest = ""] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (DOCKER_ONLY.has(instruction)) continue;
    const from = /^(\S+)(?: AS (\S+))?$/.exec(rest);
    if (instruction === "FROM" && from) {
      stages.push({ image: from[1] ?? "", name: from[2], steps: [] });
      continue;
    }
    const step = parseStep(instruction, rest);
    const stage = stages.at(-1);
    if (!step || !stage) throw new Error(`Dockerfile:${index + 1}: not understood: ${line}`);
    stage.steps.push(step);
  }
  return stages;
}

function parseStep(instruction: string, rest: string): Step | undefined {
  switch (instruction) {
    case "COPY": {
      const words = rest.split(/\s+/);
      const from = words.find((word) => word.startsWith("--from="))?.slice("--from=".length);
      const paths = words.filter((word) => !word.startsWith("--"));
      const target = paths.pop();
      if (target === undefined || paths.length === 0) return undefined;
      return { kind: "copy", from, sources: paths, target };
    }
    case "RUN":
      return { kind: "run", command: rest };
    case "ENV": {
      const [, name, value] = /^(\w+)=(\S+)$/.exec(rest) ?? [];
      return name === undefined || value === undefined ? undefined : { kind: "env", name, value };
    }
    case "WORKDIR":
      return { kind: "workdir", folder: rest };
    case "USER": {
      const [uid, gid] = rest.split(":").map(Number);
      if (!Number.isInteger(uid) || !Number.isInteger(gid)) return undefined;
      return { kind: "user", uid: Number(uid), gid: Number(gid) };
    }
    case "ENTRYPOINT":
      return withWords("entrypoint", rest);
    case "CMD":
      return withWords("cmd", rest);
    case "HEALTHCHECK":
      return withWords("healthcheck", rest.replace(/^(--\S+\s+)*CMD\s+/, ""));
    default:
      return undefined;
  }
}

/** There is no shell in the image, so only the JSON form will do. */
function withWords(kind: "entrypoint" | "cmd" | "healthcheck", text: string): Step | undefined {
  try {
    const words: unknown = JSON.parse(text);
    const isList = Array.isArray(words) && words.every((word) => typeof word === "string");
    return isList ? { kind, words } : undefined;
  } catch {
    return undefined;
  }
}
