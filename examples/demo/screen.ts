import { type Step, lineOf } from "./steps.ts";
import { type Stage, consoleHost, zone } from "./stage.ts";
import type { Scene } from "./scene.ts";

/** What runs where, who the people are, and how to get in. */
export function picture(stage: Stage, scene: Scene): string {
  const { traefik, console, places } = stage;
  const { userhomes, pages, notes, shop, chess } = places;
  const api = `http://127.0.0.1:${console.httpPort}`;
  return `
tardis-console demo: zone ${zone}, everything on 127.0.0.1

  visitors ──> Traefik  http ${traefik.httpPort}, https ${traefik.httpsPort}, dashboard ${traefik.apiUrl}/dashboard/
                 │  polls http://127.0.0.1:${console.internalPort}/traefik/config
                 │
                 ├─> userhomes            ${userhomes.port}    every name that nothing else claims
                 ├─> GitLab Pages         ${pages.proxyPort}    alice/thesis (a stand-in; its TLS ${pages.tlsPort}, its port 80 ${pages.httpPort})
                 ├─> alice's notes        ${notes.port}    https://alice.${zone}:${traefik.httpsPort}/notes/
                 ├─> bob's shop           ${shop.port}    https://bob.${zone}:${traefik.httpsPort}/
                 ├─> the society's chess  ${chess.port}    https://games.${zone}:${traefik.httpsPort}/chess
                 └─> console              ${console.httpPort}    https://${consoleHost}:${traefik.httpsPort}

  The last endpoint had its first visitor ${scene.liveMs} ms after the API had answered.

  be alice       ${scene.signIn}
                 opens the console in a browser, once
  admin token    ${stage.token}
  API reference  ${api}/api/docs
`;
}

/** Everything to try, for a person who pastes lines. */
export function linesToTry(steps: readonly Step[]): string {
  const shown = steps.map((step) => `# ${step.title}: ${step.see}\n${lineOf(step)}\n`);
  return `Lines to try, in another terminal. Names below localhost work in a browser too; it will warn
of the self-signed certificate.

${shown.join("\n")}`;
}
