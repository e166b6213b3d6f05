import { isIP } from "node:net";

/** The code of what went wrong on the way to a server, like ECONNREFUSED; undefined for none. */
export function codeOf(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === "string" && /^[A-Z0-9_]+$/.test(code)) return code;
    // Both families of a name's addresses were tried, and each failed in its way.
    if (at instanceof AggregateError && at.errors.length > 0) return codeOf(at.errors[0]);
  }
  return undefined;
}

/** Whom a server belongs to. */
export interface Server {
  /** As people know it: `GitLab`. */
  readonly name: string;
  /** What names it in the configuration: `gitlab.url`. */
  readonly key: string;
  readonly url: string;
}

/**
 * Why a server was not reached and what to do, for who has to mend it.
 * @param code of what went wrong
 * @returns undefined for what says nothing of itself, like a time-out
 */
export function whyUnreachable(code: string, { name, key, url }: Server): string | undefined {
  const { hostname, host } = new URL(url);
  if (code === "ENOTFOUND") {
    return `No DNS server knows ${hostname}. Is ${key} spelt right, and does this machine ask the right DNS servers?`;
  }
  if (code === "EAI_AGAIN") return `This machine's DNS server does not answer (for ${hostname}).`;
  if (code === "ECONNREFUSED") {
    return `Nothing listens at ${host}. Is ${name} running, and the port in ${key} right?`;
  }
  if (code === "CERT_HAS_EXPIRED") return `The certificate of ${host} has expired. Renew it.`;
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return `The certificate of ${host} is for another name. Set ${key} to a name that it is for.`;
  }
  if (/SELF_SIGNED|UNABLE_TO_|CERT_|ISSUER/.test(code)) {
    return `The certificate of ${host} is not trusted here (${code}). If it is by an authority of your own, name that one's certificate in NODE_EXTRA_CA_CERTS.`;
  }
  if (/^(?:ERR_SSL|EPROTO)/.test(code)) {
    return `There is no TLS at ${host} (${code}). Is it http:// rather than https://, or another port?`;
  }
  return undefined;
}

/** As `whyUnreachable`, of whatever was thrown; `late` where it was the deadline. */
export function notReached(error: unknown, server: Server, signal?: AbortSignal): string {
  const { host } = new URL(server.url);
  if (signal?.aborted === true) {
    return `${server.name} did not answer at ${host} in time. Is it up, and is there a firewall between?`;
  }
  const code = codeOf(error);
  const known = code === undefined ? undefined : whyUnreachable(code, server);
  if (known !== undefined) return known;
  const because = code === undefined ? "" : ` (${code})`;
  return `${server.name} cannot be reached at ${host}${because}. Is it up, and is there a firewall between?`;
}

/** The host of a URL without brackets, and whether it is an address. */
export function hostOf(url: string): { readonly host: string; readonly isAddress: boolean } {
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, "$1");
  return { host, isAddress: isIP(host) !== 0 };
}
