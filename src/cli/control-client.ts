import type { Command } from "commander";
import { request as httpRequest } from "node:http";
import { Readable } from "node:stream";
import { controlSocket } from "../control-socket.ts";
import { createCore } from "../state-api.ts";
import type { Config } from "../config.ts";
import { createControl } from "../control.ts";
import { isListening } from "../listeners.ts";
import { silentLog } from "../observability/log.ts";

/** Runs a command's work with a way to the console, and closes it at the end. */
export type WithControl = (
  command: Command,
  run: (control: ControlClient) => Promise<void>,
) => Promise<void>;

/** A console to talk to: the running server of this data folder, else its state opened here. */
export interface ControlClient {
  /** Whether a server runs. */
  readonly live: boolean;
  request(method: string, path: string, body?: string): Promise<Response>;
  close(): Promise<void>;
}

/**
 * @throws StoreLocked when a server has the store but its control socket does not answer
 */
export async function openControl(config: Config): Promise<ControlClient> {
  const path = controlSocket(config);
  if (await isListening(path)) {
    return {
      live: true,
      request: (method, url, body) => overSocket(path, method, url, body),
      close: async () => undefined,
    };
  }
  const core = createCore(config, silentLog);
  await core.open();
  const app = createControl(core);
  return {
    live: false,
    request: async (method, url, body) =>
      app.request(`http://localhost${url}`, {
        method,
        ...(body === undefined ? {} : { body, headers: { "Content-Type": "application/json" } }),
      }),
    close: () => core.close(),
  };
}

/** Asks a running server over its control socket. */
export function overSocket(
  socketPath: string,
  method: string,
  path: string,
  body: string | undefined,
  signal?: AbortSignal,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const headers = {
      Host: "localhost",
      ...(body === undefined
        ? {}
        : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) }),
    };
    const request = httpRequest(
      { socketPath, method, path, headers, ...(signal === undefined ? {} : { signal }) },
      (response) => {
        const status = response.statusCode ?? 500;
        const empty = status === 204 || status === 304;
        if (empty) response.resume();
        resolve(
          new Response(empty ? null : (Readable.toWeb(response) as ReadableStream<Uint8Array>), {
            status,
            headers: Object.entries(response.headers).flatMap(([name, value]) =>
              typeof value === "string" ? [[name, value] as [string, string]] : [],
            ),
          }),
        );
      },
    );
    request.once("error", reject);
    request.end(body);
  });
}
