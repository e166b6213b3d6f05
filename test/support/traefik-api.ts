/** A router, a service or a middleware as Traefik's API shows it. */
export interface TraefikItem {
  /** With its provider: `name@http`. */
  readonly name: string;
  readonly provider: string;
  readonly status: "enabled" | "warning" | "disabled";
  /** Why it is not enabled. */
  readonly error?: readonly string[];
  readonly rule?: string;
  readonly priority?: number;
  readonly service?: string;
  readonly using?: readonly string[];
  /** A service's servers, `UP` or `DOWN`; only those that are checked or were used. */
  readonly serverStatus?: Readonly<Record<string, string>>;
}

/** The counts of `GET /api/overview`, by kind. */
export type TraefikOverview = Readonly<
  Record<
    "http" | "tcp",
    Readonly<
      Record<
        "routers" | "services" | "middlewares",
        { readonly total: number; readonly warnings: number; readonly errors: number }
      >
    >
  >
>;

/** Reads what Traefik made of its configuration. A name without `@` is one of the HTTP provider. */
export interface TraefikApi {
  routers(): Promise<TraefikItem[]>;
  router(name: string): Promise<TraefikItem | undefined>;
  services(): Promise<TraefikItem[]>;
  service(name: string): Promise<TraefikItem | undefined>;
  middleware(name: string): Promise<TraefikItem | undefined>;
  tcpRouters(): Promise<TraefikItem[]>;
  tcpRouter(name: string): Promise<TraefikItem | undefined>;
  tcpService(name: string): Promise<TraefikItem | undefined>;
  overview(): Promise<TraefikOverview>;
  version(): Promise<string>;
}

/** A client for the API at `apiUrl`. Its methods throw when Traefik doesn't answer as expected. */
export function traefikApi(apiUrl: string): TraefikApi {
  const read = async (path: string): Promise<Response | undefined> => {
    const response = await fetch(`${apiUrl}/api/${path}`);
    if (response.ok) return response;
    await response.body?.cancel();
    if (response.status === 404) return undefined;
    throw new Error(`Traefik's API answered ${response.status} for ${path}`);
  };
  const list = async (kind: string): Promise<TraefikItem[]> => {
    const items: TraefikItem[] = [];
    for (let page = "1"; ;) {
      const response = await read(`${kind}?per_page=1000&page=${page}`);
      if (!response) throw new Error(`Traefik's API has no ${kind}`);
      items.push(...((await response.json()) as TraefikItem[]));
      const next = response.headers.get("x-next-page") ?? "1";
      // On the last page it points back to the first.
      if (next === "1") return items;
      page = next;
    }
  };
  const one = async (kind: string, name: string): Promise<TraefikItem | undefined> => {
    const full = name.includes("@") ? name : `${name}@http`;
    const response = await read(`${kind}/${encodeURIComponent(full)}`);
    return response && ((await response.json()) as TraefikItem);
  };
  const whole = async <Body>(path: string): Promise<Body> => {
    const response = await read(path);
    if (!response) throw new Error(`Traefik's API has no ${path}`);
    return (await response.json()) as Body;
  };
  return {
    routers: () => list("http/routers"),
    router: (name) => one("http/routers", name),
    services: () => list("http/services"),
    service: (name) => one("http/services", name),
    middleware: (name) => one("http/middlewares", name),
    tcpRouters: () => list("tcp/routers"),
    tcpRouter: (name) => one("tcp/routers", name),
    tcpService: (name) => one("tcp/services", name),
    overview: () => whole<TraefikOverview>("overview"),
    version: async () => (await whole<{ Version: string }>("version")).Version,
  };
}
