import { spawnSync } from "node:child_process";
import { type Answer, request } from "../../test/support/request.ts";

/** A request of the demo, to be shown as a curl line and to be sent. */
export interface DemoRequest {
  readonly method?: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Whether status and headers are shown too. */
  readonly head?: boolean;
  /** Whether the answer is not shown at all. */
  readonly quiet?: boolean;
}

/** Whether curl is on the path. */
export function hasCurl(): boolean {
  return spawnSync("curl", ["--version"], { stdio: "ignore" }).status === 0;
}

/** A line for a POSIX shell. It needs no DNS: whatever the host is, it connects to 127.0.0.1. */
export function curlLine({ method, url, headers = {}, json, head, quiet }: DemoRequest): string {
  const words = ["curl", url.startsWith("https:") ? "-sSk" : "-sS"];
  if (head) words.push("-i");
  if (quiet) words.push("-o", "/dev/null");
  if (new URL(url).hostname !== "127.0.0.1") words.push("--connect-to", "::127.0.0.1:");
  if (method !== undefined) words.push("-X", method);
  for (const [name, value] of Object.entries(allHeaders(headers, json))) {
    words.push("-H", quoted(`${name}: ${value}`));
  }
  if (json !== undefined) words.push("-d", quoted(JSON.stringify(json)));
  return [...words, /[?&]/.test(url) ? quoted(url) : url].join(" ");
}

/** Sends it without curl. The text is what curl would have shown. */
export async function sendWithNode(demoRequest: DemoRequest): Promise<string> {
  const { quiet, head } = demoRequest;
  const { status, headers, body } = await send(demoRequest);
  if (quiet) return "";
  if (!head) return body;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`);
  return `HTTP/1.1 ${status}\n${lines.join("")}\n${body}`;
}

/** Sends it. */
export function send({ method, url, headers = {}, json }: DemoRequest): Promise<Answer> {
  const { protocol, host, port, pathname, search } = new URL(url);
  return request({
    port: Number(port),
    host,
    path: `${pathname}${search}`,
    headers: allHeaders(headers, json),
    ...(method === undefined ? {} : { method }),
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    ...(protocol === "https:" ? { tls: {} } : {}),
  });
}

function allHeaders(headers: Readonly<Record<string, string>>, json: unknown) {
  return json === undefined ? headers : { ...headers, "Content-Type": "application/json" };
}

/** A word for a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
