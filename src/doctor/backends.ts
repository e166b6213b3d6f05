import { connect } from "node:net";
import { ok, skipped, warning, type Look, type Part, type Subject } from "../checks/check.ts";
import { codeOf } from "../checks/unreachable.ts";

/**
 * The servers that Traefik sends visitors to. It reaches them by itself, perhaps on another way than
 * this machine does, so one that is silent here may be well.
 */
export function backendsPart({ config, reach }: Subject): Part {
  const { userhomes, pages } = config;
  return {
    name: "Servers behind",
    look: async (look) => {
      const http: [what: string, key: string, url: string][] = [];
      if (userhomes.enabled) http.push(["userhomes", "userhomes.url", userhomes.url]);
      if (pages.enabled) http.push(["GitLab Pages", "pages.url", pages.url]);
      const hasDomains = pages.enabled && pages.customDomains;
      if (hasDomains) http.push(["ACME challenges", "pages.challengeUrl", pages.challengeUrl]);
      if (http.length === 0) {
        look.tell("none", skipped("Neither userhomes nor pages is on."));
        return;
      }
      await Promise.all([
        ...http.map(async ([what, key, url]) => {
          const ask = async () =>
            void (await reach.get(`${url}/`, { signal: look.signal, most: 1 }));
          await answers(look, what, key, url, ask);
        }),
        hasDomains
          ? answers(look, "Pages' TLS", "pages.tlsAddress", pages.tlsAddress, () =>
              connects(pages.tlsAddress, look.signal),
            )
          : undefined,
      ]);
    },
  };
}

async function answers(
  { tell, signal }: Look,
  what: string,
  key: string,
  at: string,
  ask: () => Promise<void>,
): Promise<void> {
  try {
    await ask();
    tell(what, ok(`It answers at ${at}.`));
  } catch (error) {
    const why = signal.aborted ? "no answer in time" : (codeOf(error) ?? "no answer");
    const says = `Nothing answers at ${at} from this machine (${why}). Is it up, and ${key} right? If only Traefik is to reach it, that is all.`;
    tell(what, warning(says));
  }
}

function connects(address: string, signal: AbortSignal): Promise<void> {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(address.slice(colon + 1)), signal });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
  });
}
