import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** The widths that pages are tested at: a desk and a phone. */
export const WIDTHS = { desk: 1280, phone: 375 } as const;
export type Width = keyof typeof WIDTHS;

export interface WindowOptions {
  readonly width?: Width;
  /** Without it, no script of a page runs. */
  readonly scripts?: boolean;
  readonly scheme?: "light" | "dark";
  /** Sent with every request. */
  readonly headers?: Record<string, string>;
  /** Takes certificates that nobody has signed. */
  readonly ownCertificates?: boolean;
}

/** A window of its own, with its own cookies. */
export interface Window {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the browser complained of: errors on its console, of scripts, of the content policy. */
  readonly complaints: string[];
}

/**
 * Starts a Chromium. It ends with `close()`.
 * @param more further arguments, like where names lead to
 */
export function startBrowser(executable: string, more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: executable,
    // Its sandbox needs more than the root of a container may do.
    chromiumSandbox: process.getuid?.() !== 0,
    // Memory for pages is not to be looked for in a container's small /dev/shm.
    args: ["--disable-dev-shm-usage", "--force-color-profile=srgb", ...more],
  });
}

/** Opens a window. */
export async function openWindow(
  browser: Browser,
  {
    width = "desk",
    scripts = true,
    scheme = "light",
    headers = {},
    ownCertificates = false,
  }: WindowOptions = {},
): Promise<Window> {
  const context = await browser.newContext({
    ignoreHTTPSErrors: ownCertificates,
    viewport: { width: WIDTHS[width], height: width === "phone" ? 812 : 900 },
    javaScriptEnabled: scripts,
    colorScheme: scheme,
    reducedMotion: "reduce",
    extraHTTPHeaders: headers,
    hasTouch: width === "phone",
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() !== "error" && message.type() !== "warning") return;
    // The answer to a form with a mistake in it has a status that the browser writes down.
    if (/Failed to load resource: .* status of 4\d\d/.test(message.text())) return;
    complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => complaints.push(`script: ${error.message}`));
  page.on("requestfailed", (request) => {
    const reason = request.failure()?.errorText ?? "";
    // A page that is left gives up what it still waits for.
    if (reason !== "net::ERR_ABORTED") complaints.push(`request: ${request.url()} ${reason}`);
  });
  return { page, context, complaints };
}

/** Goes to a section of the console, or an admin to a place of theirs, through the menu where it is narrow. */
export async function goToSection(page: Page, name: string, of = "Sections"): Promise<void> {
  const menu = page.getByRole("button", { name: of === "Admin" ? "Admin pages, now" : "Menu" });
  if (await menu.isVisible()) await menu.click();
  const sections = page.getByRole("navigation", { name: of });
  await sections.getByRole("link", { name, exact: true }).click();
}
