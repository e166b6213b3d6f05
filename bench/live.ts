import { startBackend } from "../test/support/backends.ts";
import { request } from "../test/support/request.ts";
import { startTraefik } from "../test/support/traefik.ts";
import { removeFolder, seededFolder, startProcess, type ConsoleProcess } from "./process.ts";
import { median, type Bench } from "./table.ts";

const DEADLINE_MS = 15_000;

/** From the acknowledged change to the first request that the real Traefik routes by it. */
export const live: Bench = {
  name: "live",
  run: async ({ quick }) => {
    const folder = await seededFolder(100);
    const console = await startProcess(folder);
    const backend = await startBackend("live");
    try {
      const held = await changes(console, backend.port, quick ? 8 : 30, {
        wait: "?wait=4s",
        pollInterval: "50ms",
      });
      const plain = await changes(console, backend.port, quick ? 3 : 8, {
        wait: "",
        pollInterval: "5s",
      });
      return [
        {
          what: "change acknowledged → first request routed by Traefik, 100 endpoints",
          measured: `median ${Math.round(median(held))} ms (${Math.round(Math.min(...held))} to ${Math.round(Math.max(...held))}, ${held.length} changes)`,
          compared: `plain poll every 5 s: median ${Math.round(median(plain))} ms`,
          goal: "median ≤ 120 ms",
          met: median(held) <= 120,
        },
      ];
    } finally {
      await backend.close();
      await console.stop();
      await removeFolder(folder);
    }
  },
};

async function changes(
  console: ConsoleProcess,
  port: number,
  count: number,
  poll: { wait: string; pollInterval: string },
): Promise<number[]> {
  const traefik = await startTraefik({
    provider: {
      url: `http://127.0.0.1:${console.internalPort}/traefik/config${poll.wait}`,
      pollInterval: poll.pollInterval,
      pollTimeout: "15s",
    },
    throttle: "20ms",
  });
  const measured: number[] = [];
  try {
    await traefik.waitUntil(
      async () => (await traefik.routers()).length > 50,
      "the first configuration",
    );
    for (let change = 0; change < count; change++) {
      const path = `/live-${poll.pollInterval}-${change}`;
      // Changes come at any moment of a poll's life, not at its start.
      await new Promise((resolve) => setTimeout(resolve, 200 + ((change * 617) % 1_100)));
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
        if (performance.now() - acknowledged > DEADLINE_MS)
          throw new Error(`${path} was not live in time`);
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
      path: path.replaceAll(".", "-"),
      target: `http://127.0.0.1:${port}`,
    }),
  });
  if (response.status !== 201) throw new Error(await response.text());
}
