import { readFileSync } from "node:fs";
import { Client } from "minio";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { startAdminWorld, type AdminWorld } from "../console/admin/support.ts";
import { openWindow, startBrowser } from "../support/browser.ts";
import { zone } from "../support/console.ts";
import { type MinioServer, startMinio } from "../support/minio.ts";
import { describeWithService } from "../support/services.ts";
import { startTraefik, type Traefik } from "../support/traefik.ts";

/** The middlewares that operators are told to put before the storage. */
function documented(): object {
  const text = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");
  const section = text.slice(text.indexOf("### Public buckets"));
  const yaml = /```yaml\n(.*?)```/s.exec(section)?.[1] ?? "";
  return (parse(yaml) as { http: { middlewares: object } }).http.middlewares;
}

/** A page that does what it can to its visitor. */
const pageAgainst = (console: string) => `<!doctype html><title>still</title>
<form method="post" action="${console}/sign-out"><button>Look at my photos</button></form>
<script>
  document.title = "ran";
  try { localStorage.setItem("left", "here"); } catch {}
  const say = { method: "POST", credentials: "include", mode: "no-cors" };
  fetch("${console}/sign-out", say);
  fetch("${console}/buckets", { ...say, body: new URLSearchParams({ name: "planted", gigabytes: "1" }) });
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action: "${console}/sign-out", target: "_blank" });
  document.body.append(form);
  form.submit();
</script>`;

describeWithService(
  ["chromium", "minio", "traefik"],
  "a page in somebody's public bucket, at a host beside the console's",
  (chromium) => {
    let browser: Browser;
    let server: MinioServer;
    let traefik: Traefik;
    let world: AdminWorld;
    let origin: string;
    /** Where objects are, with what operators are told to do, and without it. */
    const hosts = { guarded: `s3.${zone}`, bare: `bare.${zone}` } as const;
    beforeAll(async () => {
      [browser, server, traefik] = await Promise.all([
        startBrowser(chromium, [`--host-resolver-rules=MAP *.${zone} 127.0.0.1`]),
        startMinio(),
        startTraefik({ fileProvider: {}, certs: [{ names: [`*.${zone}`] }] }),
      ]);
      origin = `https://console.${zone}:${traefik.httpsPort}`;
      const { url, accessKey, secretKey } = server;
      world = await startAdminWorld({
        publicUrl: origin,
        buckets: { enabled: true, url, accessKey, secretKey },
      });
      const to = (target: string) => ({ loadBalancer: { servers: [{ url: target }] } });
      const router = (host: string, service: string, middlewares: readonly string[] = []) => ({
        rule: `Host(\`${host}\`)`,
        entryPoints: ["websecure"],
        tls: {},
        service,
        ...(middlewares.length === 0 ? {} : { middlewares }),
      });
      const middlewares = documented();
      await traefik.setFile({
        http: {
          middlewares,
          routers: {
            console: router(`console.${zone}`, "console"),
            guarded: router(hosts.guarded, "storage", Object.keys(middlewares)),
            bare: router(hosts.bare, "storage"),
          },
          services: {
            console: to(`http://127.0.0.1:${world.running.httpPort}`),
            storage: to(url),
          },
        },
      });
      const { must } = world;
      await must("POST", "/buckets", { owner: "alice", name: "web", publicRead: true });
      const key = await must("POST", "/bucket-keys", {
        owner: "alice",
        name: "site",
        access: "write",
      });
      const client = new Client({
        endPoint: "127.0.0.1",
        port: server.port,
        useSSL: false,
        accessKey: key.accessKey,
        secretKey: key.secretKey,
        region: "us-east-1",
      });
      const html = { "Content-Type": "text/html" };
      await client.putObject("alice.web", "page.html", pageAgainst(origin), undefined, html);
    }, 120_000);
    afterAll(async () => {
      await browser?.close();
      await world?.close();
      await traefik?.stop();
      await server?.destroy();
    });

    it.each(["guarded", "bare"] as const)("cannot act on the console, %s", async (way) => {
      const { page, context } = await openWindow(browser, { ownCertificates: true });
      page.setDefaultTimeout(15_000);
      const { url } = await world.must("POST", "/passes", { person: "bob" });
      await page.goto(url);
      await page.getByRole("button", { name: "Sign in as bob" }).click();
      await page.goto(`${origin}/buckets`);
      expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Buckets");
      const before = world.running.core.ledger?.state.revision;

      const answer = await page.goto(
        `https://${hosts[way]}:${traefik.httpsPort}/alice.web/page.html`,
      );
      expect(answer?.status()).toBe(200);
      await page.waitForLoadState("networkidle");
      // What is done about it is what keeps the script from running; without it, it does.
      expect(await page.title()).toBe(way === "guarded" ? "still" : "ran");
      expect(answer?.headers()["x-content-type-options"]).toBe("nosniff");
      await page.getByRole("button", { name: "Look at my photos" }).click();
      await page.waitForLoadState("networkidle");
      if (way === "guarded") {
        expect(page.url()).toContain("/alice.web/page.html");
      } else {
        expect(await page.textContent("main")).toContain("did not come from a page of the console");
      }

      await page.goto(`${origin}/buckets`);
      expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Buckets");
      expect(world.running.core.ledger?.state.revision).toBe(before);
      await context.close();
    });

    it("finds nothing of what a page in another's bucket left in the browser", async () => {
      const { page, context } = await openWindow(browser, { ownCertificates: true });
      await page.goto(`https://${hosts.guarded}:${traefik.httpsPort}/alice.web/page.html`);
      // A sandboxed page has an origin of its own, so the host itself has none of what it left.
      const origins = await page.context().storageState();
      expect(origins.origins).toEqual([]);
      await context.close();
    });
  },
);
