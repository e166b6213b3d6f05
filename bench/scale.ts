import { setTimeout as delay } from "node:timers/promises";
import { type Echo, startBackend } from "../test/support/backends.ts";
import { certificateFor } from "../test/support/certificates.ts";
import { request } from "../test/support/request.ts";
import { startTraefik, type Traefik } from "../test/support/traefik.ts";
import { rate } from "./poll.ts";
import { removeFolder, seededFolder, startProcess, type ConsoleProcess } from "./process.ts";
import { median, type Bench, type Row } from "./table.ts";

export const ZONE = "localhost";

/** What many hosts cost Traefik: a request, and one more endpoint. */
export const scale: Bench = {
  name: "scale",
  run: async ({ quick }) => [
    ...(await requests(quick)),
    ...(await oneMore(quick ? 100 : 10_000, 1_300)),
    ...(quick ? [] : await oneMore(40_000, 6_000)),
    ...(quick ? [] : await oneMore(100_000, 20_000)),
  ],
};

/** A console with a host for each of so many endpoints, and a Traefik that polls it. */
export async function stage(hosts: number, port: number, layout: "auto" | "flat") {
  const folder = await seededFolder(hosts, { each: 1, port });
  const console = await startProcess(folder, undefined, { TARDIS_TRAEFIK__LAYOUT: layout });
  const { cert: certFile, key: keyFile } = await certificateFor([`*.${ZONE}`]);
  const traefik = await startTraefik({
    provider: {
      url: `http://127.0.0.1:${console.internalPort}/traefik/config?wait=4s`,
      pollTimeout: "60s",
    },
    fileProvider: { tls: { stores: { default: { defaultCertificate: { certFile, keyFile } } } } },
  });
  return {
    console,
    traefik,
    async close() {
      await traefik.stop();
      await console.stop();
      await removeFolder(folder);
    },
  };
}

const PATIENCE_MS = 300_000;

/** The path that reached the backend; undefined when the request did not get there. */
export async function reached(
  traefik: Traefik,
  host: string,
  path: string,
): Promise<string | undefined> {
  const asked = { port: traefik.httpsPort, tls: { sni: host }, host, path };
  const answer = await request(asked).catch(() => undefined);
  return answer?.status === 200 ? answer.json<Echo>().url : undefined;
}

/** Asks until the backend is reached by that path. */
export async function until(
  traefik: Traefik,
  host: string,
  path: string,
  url: string,
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while ((await reached(traefik, host, path)) !== url) {
    if (performance.now() > deadline) throw new Error(`${host}${path} did not become live`);
    await delay(10);
  }
}

/** Its prefix is stripped, so that one sees whether the host's other endpoint still answers. */
export async function add(console: ConsoleProcess, owner: string, path: string, port: number) {
  const response = await fetch(`http://127.0.0.1:${console.httpPort}/api/v1/endpoints`, {
    method: "POST",
    headers: { Authorization: `Bearer ${console.token}`, "Content-Type": "application/json" },
    body: JSON.stringify({
      owner,
      path,
      target: `http://127.0.0.1:${port}`,
      stripPrefix: path !== "",
    }),
  });
  if (response.status !== 201) throw new Error(await response.text());
}

async function requests(quick: boolean): Promise<Row[]> {
  const backend = await startBackend("scale");
  const many = quick ? 500 : 10_000;
  const rounds = quick ? 1 : 5;
  const names = (hosts: number) =>
    [0, Math.floor(hosts / 2), hosts - 1].map((n) => `member${n}.${ZONE}`);
  const few = await stage(10, backend.port, "auto");
  const tree = await stage(many, backend.port, "auto");
  const flat = await stage(many, backend.port, "flat");
  try {
    const measure = async ({ traefik }: { traefik: Traefik }, hosts: number) => {
      await until(traefik, names(hosts)[2] ?? "", "/", "/");
      return traefik.httpsPort;
    };
    const ports = {
      few: await measure(few, 10),
      tree: await measure(tree, many),
      flat: await measure(flat, many),
    };
    const of = async (port: number, hosts: number) => {
      const rates: number[] = [];
      for (const host of [...names(hosts), `nobody.${ZONE}`]) {
        rates.push(await rate(port, "/", "identity", quick ? 500 : 2_000, host));
      }
      return rates;
    };
    const ratios = { tree: [[], [], [], []] as number[][], flat: [[], [], [], []] as number[][] };
    for (let round = 0; round < rounds; round++) {
      const base = await of(ports.few, 10);
      for (const layout of ["tree", "flat"] as const) {
        const now = await of(ports[layout], many);
        now.forEach((each, index) => ratios[layout][index]?.push(each / (base[index] ?? 1)));
      }
    }
    const shown = (layout: "tree" | "flat") =>
      ratios[layout].map((each) => median(each).toFixed(2)).join(" / ");
    const lowest = Math.min(...ratios.tree.map(median));
    return [
      {
        what: `requests a second through Traefik, ${many} hosts: first / middle / last / default`,
        measured: `${shown("tree")} × the same with 10 hosts`,
        compared: `flat: ${shown("flat")} ×`,
        goal: "≥ 0.9 ×",
        met: lowest >= 0.9,
      },
    ];
  } finally {
    for (const each of [few, tree, flat]) await each.close();
    await backend.close();
  }
}

async function oneMore(endpoints: number, limit: number): Promise<Row[]> {
  const backend = await startBackend("scale");
  const { console, traefik, close } = await stage(endpoints, backend.port, "auto");
  const times: number[] = [];
  try {
    await until(traefik, `member${endpoints - 1}.${ZONE}`, "/", "/");
    for (let change = 0; change < 5; change++) {
      const path = `/more-${change}`;
      await add(console, `member${change}`, path, backend.port);
      const acknowledged = performance.now();
      await until(traefik, `member${change}.${ZONE}`, path, "/");
      times.push(performance.now() - acknowledged);
    }
  } finally {
    await close();
    await backend.close();
  }
  return [
    {
      what: `one more endpoint live in Traefik, ${endpoints / 1_000} k hosts`,
      measured: `median ${(median(times) / 1_000).toFixed(2)} s (${times.map((ms) => (ms / 1_000).toFixed(2)).join(", ")})`,
      compared: "",
      goal: `≤ ${limit / 1_000} s`,
      met: median(times) <= limit,
    },
  ];
}
