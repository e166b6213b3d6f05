import { consoleHost } from "../console.ts";
import { request } from "../request.ts";
import type { SentHook } from "./hooks.ts";

/** The hook token of consoles under test. */
export const HOOK_TOKEN = "0123456789abcdef0123456789abcdef";

/** Sends a hook to a console as GitLab would. @returns the status of the answer */
export async function deliverHook(
  port: number,
  { headers, body }: SentHook,
  token = HOOK_TOKEN,
): Promise<number> {
  const { status } = await request({
    port,
    host: consoleHost,
    method: "POST",
    path: "/hooks/gitlab",
    headers: { ...headers, "X-Gitlab-Token": token },
    body,
  });
  return status;
}
