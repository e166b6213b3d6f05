import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { services } from "../../scripts/services/catalogue.ts";
import { findService, findTraefik, installedFolder } from "../../scripts/services/find.ts";
import { ensureService } from "../../scripts/services/install.ts";
import { missingLine } from "../support/summary.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tardis-services-"));
  vi.stubEnv("TARDIS_CACHE", join(folder, "cache"));
  vi.stubEnv("TARDIS_TRAEFIK", undefined);
  vi.stubEnv("TARDIS_REDIS_SERVER", undefined);
  vi.stubEnv("TARDIS_MINIO", undefined);
  vi.stubEnv("TARDIS_MARIADBD", undefined);
  vi.stubEnv("TARDIS_KUBERNETES", undefined);
  vi.stubEnv("PATH", join(folder, "path"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function executable(path: string, script: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe("findTraefik", () => {
  const onPath = (version: string) =>
    executable(join(folder, "path", "traefik"), `echo "Version:      ${version}"`);
  const inCache = () => executable(join(installedFolder("traefik"), "bin", "traefik"), "true");

  it("finds none on a bare machine", () => {
    expect(findTraefik()).toBeUndefined();
  });

  it("prefers the variable, then the PATH, then the cache", () => {
    const cached = inCache();
    expect(findTraefik()).toBe(cached);
    const path = onPath("3.6.0");
    expect(findTraefik()).toBe(path);
    const named = executable(join(folder, "named"), "true");
    vi.stubEnv("TARDIS_TRAEFIK", named);
    expect(findTraefik()).toBe(named);
  });

  it.each(["2.11.2", "3.5.3"])("passes over version %s on the PATH", (version) => {
    onPath(version);
    expect(findTraefik()).toBeUndefined();
  });

  it("refuses a variable that names nothing", () => {
    vi.stubEnv("TARDIS_TRAEFIK", join(folder, "nothing"));
    expect(() => findTraefik()).toThrow(/TARDIS_TRAEFIK names .*nothing/);
  });
});

describe("npm run services", () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ["--import", "tsx", "scripts/services.ts", ...args], {
      encoding: "utf8",
      timeout: 20_000,
      env: process.env,
    });

  it("lists what there is, as JSON too", () => {
    const { stdout, status } = run("--list", "--json");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      cache: join(folder, "cache"),
      services: Object.values(services).map(({ name, version }) => ({
        name,
        version,
        executable: null,
      })),
    });
  });

  it.each([[["--nothing"]], [["nothing"]]])("refuses %j with its help", (args) => {
    const { stderr, status } = run(...args);
    expect(status).toBe(2);
    expect(stderr).toContain("nothing");
    expect(stderr).toContain("--help");
  });

  it("says what failed, and leaves nothing half done", () => {
    executable(join(folder, "path", "python3"), 'echo "no network here" >&2; exit 3');
    const { stderr, status } = run("traefik");
    expect(status).toBe(1);
    expect(stderr).toContain("no network here");
    expect(readdirSync(join(folder, "cache"))).toEqual(["building"]);
    expect(readdirSync(join(folder, "cache", "building"))).toEqual([]);
  });
});

describe("what is built by Go", () => {
  const run = (go: string | undefined) => {
    executable(join(folder, "path", "nice"), 'shift 2\nexec "$@"');
    executable(join(folder, "path", "env"), 'export "$1"\nshift\nexec "$@"');
    if (go !== undefined) executable(join(folder, "path", "go"), go);
    return ensureService("minio");
  };

  it("asks for Go where there is none", async () => {
    await expect(run(undefined)).rejects.toThrow("Go 1.24 or newer");
  });

  it("is built from the version that is pinned", async () => {
    const said = join(folder, "said");
    const { executable: found } = await run(
      `echo "$@" > ${said}\n[ "$1" = version ] && exit 0\n/bin/mkdir "$GOBIN"\n/bin/cp /bin/true "$GOBIN/minio"`,
    );
    expect(found).toBe(join(installedFolder("minio"), "bin", "minio"));
    expect(readFileSync(said, "utf8")).toMatch(
      new RegExp(`^install .*github.com/minio/minio@${services.minio.version}\n$`),
    );
  });
});

describe("Kubernetes", () => {
  const { version } = services.kubernetes;
  const theirModule = `module k8s.io/kubernetes
replace (
	k8s.io/api => ./staging/src/k8s.io/api
	k8s.io/apimachinery => ./staging/src/k8s.io/apimachinery
	example.org/other => example.org/fork v1.0.0
)
`;

  it("is built with the published libraries in place of those its module lacks", async () => {
    const [said, module] = [join(folder, "said"), join(folder, "module")];
    writeFileSync(join(folder, "their.mod"), theirModule);
    const steps = [
      `echo "$GOFLAGS $@" >> ${said}`,
      `[ "$1" = mod ] && echo '{"GoMod": "${join(folder, "their.mod")}"}'`,
      // The executable comes after `-o`, which follows `build -p 2 -trimpath -ldflags FLAGS`.
      `[ "$1" = build ] && /bin/cp go.mod ${module} && /bin/cp /bin/true "$8"`,
      "exit 0",
    ];
    executable(join(folder, "path", "nice"), 'shift 2\nexec "$@"');
    executable(join(folder, "path", "env"), 'export "$1" "$2"\nshift 2\nexec "$@"');
    executable(join(folder, "path", "go"), steps.join("\n"));
    const { executable: found } = await ensureService("kubernetes");
    expect(found).toBe(join(installedFolder("kubernetes"), "bin", "kube-apiserver"));
    expect(readdirSync(join(installedFolder("kubernetes"), "bin")).toSorted()).toEqual([
      "kube-apiserver",
      "kube-controller-manager",
    ]);
    expect(readFileSync(module, "utf8").split("\n")).toEqual([
      "module kubernetes",
      "go 1.26",
      `require k8s.io/kubernetes ${version}`,
      `replace k8s.io/api => k8s.io/api ${version.replace("v1.", "v0.")}`,
      `replace k8s.io/apimachinery => k8s.io/apimachinery ${version.replace("v1.", "v0.")}`,
      "",
    ]);
    expect(readFileSync(said, "utf8")).toContain(`gitVersion=${version} `);
    expect(readFileSync(said, "utf8")).toContain("-mod=mod build -p 2 ");
  });

  it("is not taken from the PATH where only its API server is there", () => {
    executable(join(folder, "path", "kube-apiserver"), "exit 0");
    expect(findService("kubernetes")).toBeUndefined();
    executable(join(folder, "path", "kube-controller-manager"), "exit 0");
    expect(findService("kubernetes")).toBe(join(folder, "path", "kube-apiserver"));
  });
});

describe("the line at the end of a test run", () => {
  it("names each missing service once, with its files", () => {
    const notes = "traefik test/b.test.ts\ntraefik test/a.test.ts\ntraefik test/a.test.ts\n";
    expect(missingLine(notes)).toBe(
      'Skipped for want of a service: traefik (test/a.test.ts, test/b.test.ts). "npm run services" installs them.',
    );
  });

  it("is left out when nothing was missing", () => {
    expect(missingLine("")).toBeUndefined();
  });
});
