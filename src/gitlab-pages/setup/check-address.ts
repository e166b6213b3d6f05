import { GitLabError } from "../client/error.ts";
import type { GitLab } from "../client/gitlab.ts";
import { ok, problem, type Findings } from "./finding.ts";

const NOT_GITLAB =
  "What answers there is not GitLab's API. Is gitlab.url the address that you open GitLab at, with its path if it has one?";

/**
 * Whether GitLab is reached at its address, whatever it says to the token.
 * @returns whether there is somebody to go on with
 */
export async function checkAddress(findings: Findings, gitlab: GitLab): Promise<boolean> {
  const at = `GitLab at ${gitlab.url}`;
  try {
    await gitlab.whoAmI();
    findings.add("address", ok(`${at} answers.`));
    return true;
  } catch (error) {
    if (!(error instanceof GitLabError)) throw error;
    if (error.code === "unauthorized" || error.code === "forbidden") {
      findings.add("address", ok(`${at} answers.`));
      return true;
    }
    findings.add("address", problem(whyNot(error, gitlab.url)));
    return false;
  }
}

/** In words for who has to mend it. */
function whyNot(error: GitLabError, url: string): string {
  const { code, message, reason = "" } = error;
  if (code === "redirected") return `${message} Set gitlab.url to where it really is.`;
  if (code === "invalid" || code === "not_found" || code === "refused") return NOT_GITLAB;
  if (code === "limited") return `${message} If it stays so, raise this user's limits in GitLab.`;
  const { hostname, host } = new URL(url);
  if (reason === "ENOTFOUND") {
    return `No DNS server knows ${hostname}. Is gitlab.url spelt right, and does this machine ask the right DNS servers?`;
  }
  if (reason === "EAI_AGAIN") return `This machine's DNS server does not answer (for ${hostname}).`;
  if (reason === "ECONNREFUSED") {
    return `Nothing listens at ${host}. Is GitLab running, and the port in gitlab.url right?`;
  }
  if (reason === "CERT_HAS_EXPIRED") return `The certificate of ${host} has expired. Renew it.`;
  if (reason === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return `The certificate of ${host} is for another name. Set gitlab.url to a name that it is for.`;
  }
  if (/SELF_SIGNED|UNABLE_TO_|CERT_|ISSUER/.test(reason)) {
    return `The certificate of ${host} is not trusted here (${reason}). If it is by an authority of your own, name that one's certificate in NODE_EXTRA_CA_CERTS.`;
  }
  if (/^(?:ERR_SSL|EPROTO)/.test(reason)) {
    return `There is no TLS at ${host} (${reason}). Is it http:// rather than https://, or another port?`;
  }
  return `${message} Is GitLab up (open it in a browser), and is there a firewall between?`;
}
