import { setTimeout as delay } from "node:timers/promises";
import { startBackend } from "../test/support/backends.ts";
import { certificateFor } from "../test/support/certificates.ts";
import { request } from "../test/support/request.ts";
import { startTraefik } from "../test/support/traefik.ts";
import { removeFolder, seededFolder, startProcess, type ConsoleProcess } from "./process.ts";
import { median, type Bench, type Row } from "./table.ts";

const DEADLINE_MS = 15_000;

/** From the acknowledged change to the first request that the real Traefik routes by it. */
export const live: Bench = {
  name: "live",
  run: async ({ quick }) => {
    const folder = await seededFolder(100);
    const console = await startProcess(folder);
    const backend = await startBackend("live");
    const measure = (name: string, count: number, setup: Setup) =>
      changes(console, backend.port, name, count, setup);
    try {
      const held = { wait: "?wait=4s", pollInterval: "50ms", defaultCertificate: true };
      const ours = await measure("held", quick ? 3 : 30, held);
      const bare = await measure("bare", quick ? 3 : 30, { ...held, defaultCertificate: false });
      const plain = { wait: "", pollInterval: "5s", defaultCertificate: true };
      const polled = await measure("plain", quick ? 1 : 8, plain);
      return [
        row("", ours, `plain poll every 5 s: median ${Math.round(median(polled))} ms`),
        row(", Traefik without a default certificate", bare, "it draws a new one at each change"),
      ];
    } finally {
      await backend.close();
      await console.stop();
      await removeFolder(folder);
    }
  },
};

interface Setup {
  readonly wait: string;
  readonly pollInterval: string;
  /** Without one, Traefik draws an RSA key for a certificate of its own at each reload. */
  readonly defaultCertificate: boolean;
}

function row(how: string, times: readonly number[], compared: string): Row {
  const range = `${Math.round(Math.min(...times))} to ${Math.round(Math.max(...times))}`;
  return {
    what: `change acknowledged → first request routed by Traefik, 100 endpoints${how}`,
    measured: `median ${Math.round(median(times))} ms (${range}, ${times.length} changes)`,
    compared,
    goal: "median ≤ 120 ms",
    met: median(times) <= 120,
  };
}

async function changes(
  console: ConsoleProcess,
  port: number,
  name: string,
  count: number,
  setup: Setup,
): Promise<number[]> {
  const { cert: certFile, key: keyFile } = await certificateFor(["*.localhost"]);
  const stores = { default: { defaultCertificate: { certFile, keyFile } } };
  const traefik = await startTraefik({
    provider: {
      url: `http://127.0.0.1:${console.internalPort}/traefik/config${setup.wait}`,
      pollInterval: setup.pollInterval,
      pollTimeout: "15s",
    },
    throttle: "20ms",
    ...(setup.defaultCertificate ? { fileProvider: { tls: { stores } } } : {}),
  });
  const measured: number[] = [];
  try {
    await traefik.waitUntil(
      async () => (await traefik.routers()).length > 50,
      "the first configuration",
    );
    for (let change = 0; change < count; change++) {
      const path = `/live-${name}-${change}`;
      // Changes come at any moment of a poll's life, not at its start.
      await delay(200 + ((change * 617) % 1_100));
      await add(console, path, port);
      const acknowledged = performance.now();
      for (;;) {
        const answer = await request({
          port: traefik.httpsPort,
          tls: { sni: "member0.localhost" },
          host: "member0.localhost",
          path,
        });
        if (answer.status === 200) break;
        // A breath between two handshakes: what is measured runs on the same two cores.
        await delay(5);
        if (performance.now() - acknowledged > DEADLINE_MS) {
          throw new Error(`${path} was not live in time`);
        }
      }
      measured.push(performance.now() - acknowledged);
    }
  } finally {
    await traefik.stop();
  }
  return measured;
}

async function add(console: ConsoleProcess, path: string, port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${console.httpPort}/api/v1/endpoints`, {
    method: "POST",
    headers: { Authorization: `Bearer ${console.token}`, "Content-Type": "application/json" },
    body: JSON.stringify({
      owner: "member0",
      path,
      target: `http://127.0.0.1:${port}`,
    }),
  });
  if (response.status !== 201) throw new Error(await response.text());
}
