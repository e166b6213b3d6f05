import { once } from "node:events";
import { get as httpGet, type IncomingMessage } from "node:http";
import type { RunningConsole } from "../../src/app.ts";
import { type Answer, request } from "./request.ts";
import { waitFor } from "./wait.ts";

export interface Ask {
  readonly method?: string;
  /** A form's fields. */
  readonly form?: Readonly<Record<string, string>>;
  /** Beside the cookies, and over what a browser would send; undefined leaves a header out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

const SESSION = "__Host-tardis-session";

/** What browsers say of a link, or a redirect, that is followed from another site. */
export const FOLLOWED = {
  "Sec-Fetch-Site": "cross-site",
  "Sec-Fetch-Mode": "navigate",
  "Sec-Fetch-Dest": "document",
} as const;

/**
 * A browser without a screen, at the console's own address: it keeps cookies, sends forms as
 * browsers do, and follows nothing by itself.
 */
export class TestVisitor {
  readonly cookies = new Map<string, string>();
  readonly #running: RunningConsole;

  constructor(running: RunningConsole) {
    this.#running = running;
  }

  /** Lets it be somebody without a sign-in. @returns the session's id */
  async be(name: string, adminUntil?: Date): Promise<string> {
    const { core } = this.#running;
    const person = core.ledger?.state.ownersByName.get(name) ?? name;
    const seen = { address: "192.0.2.1", agent: "test" };
    const { session, secret } = await core.sessions.begin(person, seen, { adminUntil });
    this.cookies.set(SESSION, secret);
    return session.id;
  }

  /** Who the pages take it for; undefined where they turn it away. */
  async who(): Promise<string | undefined> {
    const { core } = this.#running;
    if ((await this.get("/")).status !== 200) return undefined;
    const seen = { address: "192.0.2.1", agent: "test" };
    const session = await core.sessions.find(this.cookies.get(SESSION) ?? "", seen);
    return core.ledger?.state.owners.get(session?.person ?? "")?.name;
  }

  get(path: string, more: Ask = {}): Promise<Answer> {
    return this.ask(path, more);
  }

  post(path: string, form: Ask["form"] = {}, more: Ask = {}): Promise<Answer> {
    return this.ask(path, { method: "POST", form, ...more });
  }

  async ask(path: string, { method = "GET", form, headers = {} }: Ask): Promise<Answer> {
    const { config, httpPort } = this.#running;
    const safe = method === "GET" || method === "HEAD";
    const sent: Record<string, string | undefined> = {
      "User-Agent": "test",
      "Sec-Fetch-Site": safe ? "none" : "same-origin",
      Cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ") || undefined,
      Origin: safe ? undefined : config.publicUrl,
      "Content-Type": form === undefined ? undefined : "application/x-www-form-urlencoded",
      ...headers,
    };
    const answer = await request({
      port: httpPort,
      host: new URL(config.publicUrl).host,
      path,
      method,
      headers: Object.fromEntries(
        Object.entries(sent).filter((entry): entry is [string, string] => entry[1] !== undefined),
      ),
      ...(form === undefined ? {} : { body: new URLSearchParams(form).toString() }),
    });
    this.#keep(answer);
    return answer;
  }

  /**
   * Opens the stream of changes, as an open page does, and waits for its greeting.
   * @returns the answer, also where it is refused, and the events that came so far
   */
  async live(): Promise<{ readonly response: IncomingMessage; readonly events: string[] }> {
    const { config, httpPort } = this.#running;
    const request = httpGet({
      port: httpPort,
      path: "/live",
      headers: {
        host: new URL(config.publicUrl).host,
        cookie: [...this.cookies].map((pair) => pair.join("=")),
        accept: "text/event-stream",
        "user-agent": "test",
        "sec-fetch-site": "same-origin",
      },
    });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    const events: string[] = [];
    response.setEncoding("utf8");
    response.on("error", () => undefined);
    response.on("data", (text: string) => {
      for (const [, event = ""] of text.matchAll(/^event: (.*)$/gm)) events.push(event);
    });
    if (response.statusCode === 200)
      await waitFor(() => events.includes("at"), { describe: "the stream to begin" });
    return { response, events };
  }

  #keep({ headers }: Answer): void {
    // Several stand in one header here; no attribute of ours has a comma.
    for (const line of headers["set-cookie"]?.split(/, (?=[\w-]+=)/) ?? []) {
      const [pair = "", ...attributes] = line.split("; ");
      const [name = "", value = ""] = pair.split(/=(.*)/s);
      if (attributes.includes("Max-Age=0")) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }
}
