import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { Hono } from "hono";

const TYPES = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
} as const;

/** Ours lie beside the program, for `src/` and `dist/` alike; the others in their packages. */
const ours = (name: string) => new URL(`../../assets/${name}`, import.meta.url);
const FILES = {
  "pico.css": new URL(import.meta.resolve("@picocss/pico/css/pico.fluid.classless.blue.min.css")),
  "console.css": ours("console.css"),
  "htmx.js": new URL(import.meta.resolve("htmx.org/dist/htmx.min.js")),
  "console.js": ours("console.js"),
  "favicon.svg": ours("favicon.svg"),
} as const;

export type AssetName = keyof typeof FILES;

interface Asset {
  readonly type: string;
  /** Names the content: another content has another one. */
  readonly hash: string;
  readonly plain: Uint8Array<ArrayBuffer>;
  /** Compressed when it is first asked for, once. */
  readonly encoded: Map<string, Promise<Uint8Array<ArrayBuffer>>>;
}

const loaded = new Map<AssetName, Asset>();

function load(name: AssetName): Asset {
  let asset = loaded.get(name);
  if (asset === undefined) {
    const plain = new TextEncoder().encode(
      withoutDataUrls(readFileSync(fileURLToPath(FILES[name]), "utf8")),
    );
    const hash = createHash("sha256").update(plain).digest("base64url").slice(0, 12);
    const extension = name.slice(name.lastIndexOf(".") + 1) as keyof typeof TYPES;
    asset = { type: TYPES[extension], hash, plain, encoded: new Map() };
    loaded.set(name, asset);
  }
  return asset;
}

/**
 * Pico's pictures are `data:` URLs, which the content policy does not let in. To take them away in a
 * style of ours is too late where a browser lays out before it has that one.
 */
function withoutDataUrls(text: string): string {
  return text.replaceAll(/url\("data:[^"]*"\)/g, "none");
}

/** Where a file is served; its path changes with its content, so it is kept for ever. */
export function assetPath(name: AssetName): string {
  return `/assets/${load(name).hash}/${name}`;
}

const ENCODERS = {
  br: (plain: Uint8Array) =>
    promisify(brotliCompress)(plain, {
      params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY },
    }),
  gzip: (plain: Uint8Array) => promisify(gzip)(plain, { level: constants.Z_BEST_COMPRESSION }),
};

/** The console's style, scripts and picture. They are no secret: the sign-in page has them, too. */
export function assets(): Hono {
  const app = new Hono();
  app.get("/assets/:hash/:name", async (context) => {
    const { hash, name } = context.req.param();
    if (!isAssetName(name)) return context.notFound();
    const asset = load(name);
    const encoding = encodingFor(context.req.header("accept-encoding") ?? "");
    const headers: Record<string, string> = {
      "Content-Type": asset.type,
      "Cross-Origin-Resource-Policy": "same-origin",
      Vary: "Accept-Encoding",
      // A replica of another release may have written the page: what is here now will do for it.
      "Cache-Control": hash === asset.hash ? "public, max-age=31536000, immutable" : "no-cache",
    };
    if (encoding === undefined) return context.body(asset.plain, 200, headers);
    let bytes = asset.encoded.get(encoding);
    if (bytes === undefined) {
      bytes = ENCODERS[encoding](asset.plain).then((buffer) => new Uint8Array(buffer));
      asset.encoded.set(encoding, bytes);
    }
    return context.body(await bytes, 200, { ...headers, "Content-Encoding": encoding });
  });
  return app;
}

function isAssetName(name: string): name is AssetName {
  return Object.hasOwn(FILES, name);
}

/** The smallest encoding that is accepted (RFC 9110, 12.5.3), or undefined. */
function encodingFor(header: string): keyof typeof ENCODERS | undefined {
  const accepted = new Set(
    header
      .toLowerCase()
      .split(",")
      .map((item) => item.split(";").map((part) => part.trim()))
      .filter(([, weight = ""]) => !/^q=0(\.0{0,3})?$/.test(weight))
      .map(([coding]) => coding),
  );
  return (["br", "gzip"] as const).find((coding) => accepted.has(coding));
}
