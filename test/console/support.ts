import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { readFileSync } from "node:fs";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import type { Page } from "playwright-core";
import { closeServer, listen } from "../../src/listeners.ts";

interface Handler {
  readonly fetch: (request: Request, env?: unknown) => Response | Promise<Response>;
}

/** Serves an app on a free port of loopback. */
export async function serve(
  app: Handler,
): Promise<{ readonly origin: string; close(): Promise<void> }> {
  const listener = getRequestListener(app.fetch);
  const server = createServer((request, response) => void listener(request, response));
  const port = await listen(server, { host: "127.0.0.1", port: 0 }, "test");
  return { origin: `http://127.0.0.1:${port}`, close: () => closeServer(server) };
}

/** The content policy that the pages live under: nothing but what the console itself serves. */
export const POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'"],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
};

/** An app whose answers carry the headers that the console's have. */
export function withHeaders<E extends object>(): Hono<E> {
  const app = new Hono<E>();
  app.use(secureHeaders({ contentSecurityPolicy: POLICY }));
  return app;
}

const AXE = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

/** What keeps people out of a page, a line for each: the rule, and where. */
export async function barriers(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  // In a world of its own, so that the page's content policy stays as it is.
  const { frameTree } = await session.send("Page.getFrameTree");
  const { executionContextId } = await session.send("Page.createIsolatedWorld", {
    frameId: frameTree.frame.id,
    worldName: "axe",
  });
  const run = async (expression: string) => {
    const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
      contextId: executionContextId,
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.text);
    return result.value as unknown;
  };
  await run(AXE);
  const found = await run(
    "axe.run(document).then(({ violations }) => violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.html}`)))",
  );
  await session.detach();
  return found as string[];
}
