import { execFile } from "node:child_process";
import { request } from "node:http";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { removeFolder, seededFolder, startProcess } from "./process.ts";
import { median, type Bench, type Row } from "./table.ts";

const run = promisify(execFile);
const load = fileURLToPath(new URL("load.ts", import.meta.url));

/**
 * Requests a second that one server answers.
 * @param host asks by TLS for this host
 */
export async function rate(
  port: number,
  path: string,
  encoding: string,
  milliseconds: number,
  host?: string,
): Promise<number> {
  const { stdout } = await run(process.execPath, [
    "--import",
    "tsx",
    load,
    String(port),
    path,
    "4",
    String(milliseconds),
    encoding,
    ...(host === undefined ? [] : [host]),
  ]);
  return Number(stdout);
}

/** A bare `node:http` server in a thread of its own that sends one buffer to everybody. */
async function bareServer(
  body: Buffer,
  headers: Record<string, string>,
): Promise<{ port: number; stop: () => Promise<unknown> }> {
  const worker = new Worker(
    `const { workerData, parentPort } = require("node:worker_threads");
     const { createServer } = require("node:http");
     const body = Buffer.from(workerData.body);
     const headers = { ...workerData.headers, "Content-Length": body.length };
     const server = createServer((request, response) => { response.writeHead(200, headers); response.end(body); });
     server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));`,
    { eval: true, workerData: { body, headers } },
  );
  const port = await new Promise<number>((resolve) => worker.once("message", resolve));
  return { port, stop: () => worker.terminate() };
}

/** Serving the document, beside a server that does nothing else. */
export const poll: Bench = {
  name: "poll",
  run: async ({ quick }) => {
    const rows: Row[] = [];
    for (const endpoints of quick ? [1_000] : [1_000, 10_000, 100_000]) {
      const folder = await seededFolder(endpoints);
      const console = await startProcess(folder);
      try {
        for (const encoding of ["identity", "gzip"]) {
          rows.push(await compare(console.internalPort, endpoints, encoding, quick));
        }
      } finally {
        await console.stop();
        await removeFolder(folder);
      }
    }
    return rows;
  },
};

async function compare(
  port: number,
  endpoints: number,
  encoding: string,
  quick: boolean,
): Promise<Row> {
  const body = await rawBody(port, encoding);
  const bare = await bareServer(body, {
    "Content-Type": "application/json",
    ...(encoding === "gzip" ? { "Content-Encoding": "gzip" } : {}),
  });
  const ours: number[] = [];
  const theirs: number[] = [];
  const ratios: number[] = [];
  try {
    for (let round = 0; round < (quick ? 1 : 7); round++) {
      const a = await rate(port, "/traefik/config", encoding, quick ? 500 : 1_500);
      const b = await rate(bare.port, "/", encoding, quick ? 500 : 1_500);
      ours.push(a);
      theirs.push(b);
      ratios.push(a / b);
    }
  } finally {
    await bare.stop();
  }
  const ratio = median(ratios);
  return {
    what: `GET /traefik/config, ${endpoints} endpoints, ${encoding} (${Math.round(body.length / 1024)} kB)`,
    measured: `${Math.round(median(ours))}/s`,
    compared: `bare node:http ${Math.round(median(theirs))}/s: ${ratio.toFixed(2)} ×`,
    goal: "≥ 0.9 ×",
    met: ratio >= 0.9,
  };
}

/** The bytes as they go over the wire: `fetch` would inflate them. */
async function rawBody(port: number, encoding: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        port,
        host: "127.0.0.1",
        path: "/traefik/config",
        headers: { "Accept-Encoding": encoding },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => resolve(Buffer.concat(chunks)));
      },
    );
    outgoing.on("error", reject);
    outgoing.end();
  });
}
