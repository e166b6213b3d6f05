import type { Scene } from "./scene.ts";
import { apiRequest, siteUrl } from "./scene.ts";
import { type DemoRequest, curlLine } from "./request.ts";
import { type Stage, consoleHost } from "./stage.ts";

/** One thing to try: a line for the shell, what it will show, and how to know that it did. */
export interface Step {
  readonly title: string;
  /** Sent one after the other, with `pauseMs` between. */
  readonly requests: readonly DemoRequest[];
  /** What one sees. */
  readonly see: string;
  /** All of it stands in the answer. */
  readonly expect: readonly RegExp[];
}

/** Time for a change to go live before the next request of a line; ten times what it takes. */
export const pauseMs = 1000;

/** A step's requests as one line for a POSIX shell. */
export function lineOf({ requests }: Step): string {
  return requests.map(curlLine).join(` && sleep ${pauseMs / 1000} && `);
}

/** Everything to try, in the order in which it is shown. The state after it is the one before. */
export function stepsOf(stage: Stage, scene: Scene): Step[] {
  return [...sites(stage), ...outside(stage), ...console(stage), ...changes(stage, scene)];
}

function sites(stage: Stage): Step[] {
  const get = (label: string, path: string, head = false): DemoRequest[] => [
    { url: siteUrl(stage, label, path), head },
  ];
  return [
    {
      title: "A name that nothing else claims",
      requests: get("dora", "/"),
      see: "dora's home page, from the userhomes server",
      expect: [/userhomes: the home page at dora\./],
    },
    {
      title: "Alice's endpoint at /notes; the prefix is stripped",
      requests: get("alice", "/notes/today"),
      see: "alice's notes, asked for /today",
      expect: [/alice's notes: you asked for \/today$/m],
    },
    {
      title: "A path that only begins like it",
      requests: get("alice", "/notesbook"),
      see: "alice's home page: /notes is a path, not a string",
      expect: [/userhomes: the home page at alice\.\S+\/notesbook/],
    },
    {
      title: "Alice's GitLab Pages site on the same host",
      requests: get("alice", "/thesis/"),
      see: "the GitLab Pages stand-in, behind its proxy port",
      expect: [/"name":"pages"/, /"port":"proxy"/],
    },
    {
      title: "Bob's endpoint has his whole host",
      requests: get("bob", "/any/path"),
      see: "bob's shop",
      expect: [/bob's shop: you asked for bob\.\S+\/any\/path/],
    },
    {
      title: "The games society, which Alice manages",
      requests: get("games", "/chess"),
      see: "the society's chess server",
      expect: [/the games society's chess: you asked for \/chess/],
    },
    {
      title: "Somebody suspended, whatever the path",
      requests: get("mallory", "/traefik/config", true),
      see: "403 and a page of the console's; nothing internal is reached",
      expect: [/^HTTP\/\S+ 403/m, /This site is suspended/],
    },
    {
      title: "A name that was given back",
      requests: get("carols-old-name", "/", true),
      see: "410, and browsers forget what the site stored",
      expect: [/^HTTP\/\S+ 410/m, /^clear-site-data: "storage"/im],
    },
  ];
}

function outside({ traefik }: Stage): Step[] {
  return [
    {
      title: "Plain HTTP",
      requests: [{ url: `http://alice.tardis.localhost:${traefik.httpPort}/notes`, head: true }],
      see: "a permanent redirect to HTTPS",
      expect: [/^HTTP\/\S+ 30[18]/m, /^location: https:\/\/alice\.tardis\.localhost:\d+\/notes/im],
    },
    {
      title: "Somebody's own domain: TLS goes through to GitLab Pages untouched",
      requests: [{ url: `https://club.example:${traefik.httpsPort}/` }],
      see: "the GitLab Pages stand-in, which ended the TLS itself",
      expect: [/"port":"tls"/, /"sni":"club\.example"/],
    },
    {
      title: "The ACME challenge of that domain",
      requests: [
        { url: `http://club.example:${traefik.httpPort}/.well-known/acme-challenge/token` },
      ],
      see: "the GitLab Pages stand-in, on its port 80",
      expect: [/"name":"pages"/, /"port":"http"/],
    },
  ];
}

function console(stage: Stage): Step[] {
  const { internalPort } = stage.console;
  return [
    {
      title: "The console itself, behind Traefik",
      requests: [{ url: `https://${consoleHost}:${stage.traefik.httpsPort}/sign-in` }],
      see: "its sign-in page; nothing else is shown to whoever is not signed in",
      expect: [/<h1>Sign in<\/h1>/],
    },
    {
      title: "The API: what is routed",
      requests: [apiRequest(stage, "GET", "/routes")],
      see: "every route with its owner, as JSON",
      expect: [/alice\.tardis\.localhost/, /bob\.tardis\.localhost/],
    },
    {
      title: "What Traefik polls, on the internal listener",
      requests: [{ url: `http://127.0.0.1:${internalPort}/traefik/config?format=json` }],
      see: "the whole dynamic configuration",
      expect: [/"routers"/, /"pages-passthrough"/],
    },
  ];
}

function changes(stage: Stage, { notes }: Scene): Step[] {
  const patch = (paused: boolean): DemoRequest => ({
    ...apiRequest(stage, "PATCH", `/endpoints/${notes}`, { paused }),
    quiet: true,
  });
  const visit = { url: siteUrl(stage, "alice", "/notes/today") };
  return [
    {
      title: "A change, live: pause Alice's endpoint, then visit it",
      requests: [patch(true), visit],
      see: "her home page in its place; it took about 100 ms, the rest is the sleep",
      expect: [/userhomes: the home page at alice\./],
    },
    {
      title: "And back",
      requests: [patch(false), visit],
      see: "alice's notes again",
      expect: [/alice's notes: you asked for \/today$/m],
    },
  ];
}
