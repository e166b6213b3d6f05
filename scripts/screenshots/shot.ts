import type { Page } from "playwright-core";

/** What is done at a page. */
export type Act = (page: Page, stage: Pick<ShownStage, "does">) => Promise<unknown>;

/** A page to be taken a picture of. */
export interface Shot {
  /** What its pictures are called. */
  readonly name: string;
  /** Of the console; or a whole address, of a host that it answers for. A name in braces is an id. */
  readonly path: string;
  /** The page that it comes to, as it is mounted, where its path is another's. */
  readonly is?: string;
  /** Who looks at it. */
  readonly who?: string;
  /** What they do there first: what is shown once is only in the answer to a form. */
  readonly act?: Act;
  /** What undoes it, for the next picture of the same. */
  readonly after?: Act;
}

/** Pages, and who looks at them. */
export interface ShownStage {
  readonly shots: readonly Shot[];
  /** What stands for the names in braces. */
  readonly ids: Readonly<Record<string, string>>;
  /** What happens meanwhile, past the pages. */
  readonly does: Readonly<Record<string, () => unknown>>;
  /** How the one who looks is known: by a header, or by a session. */
  by(who: string | undefined): {
    readonly headers?: Record<string, string>;
    readonly session?: string;
  };
  readonly origin: string;
  close(): Promise<void>;
}

/** Presses the button of this name. */
export const pressing = (name: string) => (page: Page) =>
  page.getByRole("button", { name }).click();

/** Opens a menu, where it is narrow enough for one. */
export const openMenu =
  (name: string): Act =>
  async (page) => {
    const menu = page.getByRole("button", { name });
    if (await menu.isVisible()) await menu.click();
  };
