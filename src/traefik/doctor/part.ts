import { skipped, wrong, type Look, type Part, type Subject } from "../../checks/check.ts";
import { notReached } from "../../checks/unreachable.ts";
import { TraefikApi, TraefikApiError } from "../api.ts";
import { lookAtEntryPoints } from "./entry-points.ts";
import { lookAtMiddlewares, lookAtRouters } from "./routers.ts";
import { lookAtSettings } from "./settings.ts";
import { versionFound } from "./version.ts";

/** The Traefiks that are named in `traefik.apiUrls`, a part each; without any, one that says so. */
export function traefikParts(subject: Subject): readonly Part[] {
  const { apiUrls } = subject.config.traefik;
  if (apiUrls.length === 0) {
    const says =
      "traefik.apiUrls names no API of Traefik, so its version, settings and errors are not looked at.";
    return [{ name: "Traefik", look: async ({ tell }) => tell("API", skipped(says)) }];
  }
  return apiUrls.map((url) => ({
    name: apiUrls.length === 1 ? "Traefik" : `Traefik ${url}`,
    look: (look) => lookAtTraefik(look, subject, url),
  }));
}

async function lookAtTraefik(look: Look, subject: Subject, url: string): Promise<void> {
  const { tell, signal } = look;
  const { config, reach } = subject;
  const api = new TraefikApi(url, reach, signal);
  try {
    tell("version", versionFound(await api.version(), config.traefik));
  } catch (error) {
    tell("API", wrong(whyNot(error, url, signal)));
    return;
  }
  const overview = await api.overview();
  const settings = await api.staticConfiguration();
  await lookAtEntryPoints(look, api, config, settings);
  lookAtSettings(look, config, overview.providers ?? [], settings);
  await lookAtMiddlewares(look, api, config);
  await lookAtRouters(look, api, overview.http.routers.total);
}

function whyNot(error: unknown, url: string, signal: AbortSignal): string {
  if (!(error instanceof TraefikApiError)) {
    return notReached(error, { name: "Traefik's API", key: "traefik.apiUrls", url }, signal);
  }
  if (error.status === 401 || error.status === 403) {
    return `${url} asks for a password (${error.status}): let traefik.apiUrls name an entry point on loopback where Traefik's API answers without one.`;
  }
  return `What answers at ${url} is not Traefik's API (${error.status === 0 ? "no JSON of it" : error.status}). Is the API on (api.insecure, on an entry point of loopback), and traefik.apiUrls without /api?`;
}
