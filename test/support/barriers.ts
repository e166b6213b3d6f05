import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { CDPSession, Page } from "playwright-core";

const AXE = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
/** A world of its own beside a page's scripts, so that the page's content policy stays as it is. */
const WORLD = "axe";

/** By page: asked for anew each time, it would cost as much as a small page. */
const sessions = new WeakMap<Page, Promise<CDPSession>>();
function sessionOf(page: Page): Promise<CDPSession> {
  let session = sessions.get(page);
  if (session === undefined) sessions.set(page, (session = page.context().newCDPSession(page)));
  return session;
}

/**
 * Has every page that a window goes to from now on bring axe along, for whoever looks at many: it is
 * large, and sent to the browser once then.
 * @param path pages below it do without
 */
export async function bringAxe(page: Page, without: string): Promise<void> {
  const session = await sessionOf(page);
  await session.send("Page.enable");
  await session.send("Page.addScriptToEvaluateOnNewDocument", {
    source: `if (!location.pathname.startsWith(${JSON.stringify(without)})) {${AXE}}`,
    worldName: WORLD,
  });
}

export interface BarrierOptions {
  /** Axe's names of the rules to look at; without, all that it looks at by itself. */
  readonly only?: readonly string[];
  /** Further rules. */
  readonly also?: readonly string[];
}

/** What keeps people out of a page, a line for each: the rule, and where. */
export async function barriers(
  page: Page,
  { only, also = [] }: BarrierOptions = {},
): Promise<string[]> {
  const session = await sessionOf(page);
  const { frameTree } = await session.send("Page.getFrameTree");
  const { executionContextId } = await session.send("Page.createIsolatedWorld", {
    frameId: frameTree.frame.id,
    worldName: WORLD,
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
  if (await run("typeof axe === 'undefined'")) await run(AXE);
  const options = JSON.stringify({
    ...(only === undefined ? {} : { runOnly: only }),
    rules: Object.fromEntries(also.map((rule) => [rule, { enabled: true }])),
    // Nothing is made of what passes, and no style sheet or film is read again: it costs as much again.
    resultTypes: ["violations"],
    preload: false,
  });
  const found = await run(
    `axe.run(document, ${options}).then(({ violations }) => violations.flatMap(({ id, help, nodes }) => nodes.map((node) => id + ": " + help + ": " + node.html)))`,
  );
  return found as string[];
}
