import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import OidcProvider from "oidc-provider";

/** What the provider says of one of its accounts. */
export interface Claims {
  readonly preferred_username?: string;
  readonly name?: string;
  readonly email?: string;
  readonly email_verified?: boolean;
}

export interface IdentityProviderOptions {
  /** The console's origin. */
  readonly publicUrl: string;
}

/** A real OpenID Connect provider on a port of 127.0.0.1. */
export interface IdentityProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** By subject. Claims are given by its userinfo endpoint alone, as GitLab does. */
  readonly accounts: Map<string, Claims>;
  /** How long the codes live that it gives from now on; seconds. */
  codeSeconds: number;
  /** Whether the console is answered 503, as by a proxy before one that is away; browsers are not. */
  isAway: boolean;
  /** Ends its server; what it knows stays. */
  stop(): Promise<void>;
  /** On the same port again. */
  restart(): Promise<void>;
  /**
   * Goes through its pages as a person would: signs in as `subject`, and lets the console know.
   * @param url where the console sent the browser to
   * @returns where the provider sends the browser back to
   */
  visit(url: string, subject: string): Promise<URL>;
  /** As `visit`, and says no. */
  deny(url: string): Promise<URL>;
}

const HOPS_MAX = 20;

export async function startIdentityProvider({
  publicUrl,
}: IdentityProviderOptions): Promise<IdentityProvider> {
  let listener: RequestListener = (_request, response) => void response.writeHead(503).end();
  let server = await listenOn(0, (request, response) => listener(request, response));
  const { port } = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}`;
  const accounts = new Map<string, Claims>();
  const client = { id: "console", secret: randomBytes(16).toString("hex") };
  const found = { codeSeconds: 60, isAway: false };
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const provider = new OidcProvider(issuer, {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        redirect_uris: [`${publicUrl}/sign-in/callback`],
        response_types: ["code"],
      },
    ],
    claims: {
      openid: ["sub"],
      profile: ["name", "preferred_username"],
      email: ["email", "email_verified"],
    },
    cookies: { keys: ["only for tests"] },
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", kid: "test" }] },
    pkce: { methods: ["S256"], required: () => true },
    features: { devInteractions: { enabled: true } },
    findAccount: (_context: unknown, subject: string) => ({
      accountId: subject,
      claims: () => ({ sub: subject, ...accounts.get(subject) }),
    }),
    ttl: {
      AuthorizationCode: () => found.codeSeconds,
      AccessToken: 600,
      IdToken: 600,
      Interaction: 600,
      Session: 600,
      Grant: 600,
    },
  });
  const answer = provider.callback();
  listener = (request, response) =>
    found.isAway && request.url === "/token"
      ? void response.writeHead(503).end()
      : answer(request, response);
  return {
    issuer,
    clientId: client.id,
    clientSecret: client.secret,
    accounts,
    get codeSeconds() {
      return found.codeSeconds;
    },
    set codeSeconds(seconds) {
      found.codeSeconds = seconds;
    },
    get isAway() {
      return found.isAway;
    },
    set isAway(isAway) {
      found.isAway = isAway;
    },
    stop: () => close(server),
    restart: async () => {
      server = await listenOn(port, (request, response) => listener(request, response));
    },
    visit: (url, subject) => walk(issuer, url, subject),
    deny: (url) => walk(issuer, url, undefined),
  };
}

async function walk(issuer: string, start: string, subject: string | undefined): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = new URL(start);
  let form: URLSearchParams | undefined;
  for (let hop = 0; hop < HOPS_MAX; hop++) {
    if (url.origin !== issuer) return url;
    const response = await fetch(url, {
      redirect: "manual",
      headers: { Cookie: [...cookies].map((pair) => pair.join("=")).join("; ") },
      ...(form === undefined ? {} : { method: "POST", body: form }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "") cookies.delete(name);
      else cookies.set(name, value);
    }
    form = undefined;
    const location = response.headers.get("location");
    const page = await response.text();
    if (location !== null) {
      url = new URL(location, url);
      continue;
    }
    const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1];
    if (prompt === undefined) throw new Error(`${url.href}: ${response.status} ${page}`);
    if (subject === undefined) url = new URL(`${url.pathname}/abort`, url);
    else form = new URLSearchParams({ prompt, login: subject, password: "any" });
  }
  throw new Error(`the provider leads around in circles: ${url.href}`);
}

async function listenOn(port: number, listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return server;
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
