import type { Finding } from "./checks.ts";
import type { Settings } from "./schema.ts";
import { isLoopbackHost } from "./syntax.ts";

/** What the keys of `signIn` say together and must not. */
export function signInFindings({ signIn, gitlab }: Settings): Finding[] {
  const { oidc, admins } = signIn;
  const { issuer } = oidc;
  const found: Finding[] = [];
  const at = (...path: string[]) => ["signIn", ...path];
  if (issuer === null) {
    if (admins.group !== null) {
      found.push({
        paths: [at("admins", "group"), at("oidc", "issuer")],
        message: "is given without signIn.oidc.issuer: nobody signs in by GitLab",
      });
    }
    return found;
  }
  const url = new URL(issuer);
  if (url.protocol === "http:" && !isLoopbackHost(url.hostname.replace(/^\[|\]$/g, ""))) {
    found.push({
      paths: [at("oidc", "issuer")],
      message: "has no https, so anyone on the way could sign in as anybody",
    });
  }
  if (oidc.clientId === null) {
    found.push({
      paths: [at("oidc", "issuer"), at("oidc", "clientId")],
      message: "is given without signIn.oidc.clientId",
      hint: "register the console at the provider, with <publicUrl>/sign-in/callback",
    });
  }
  if (!oidc.scopes.includes("openid")) {
    found.push({ paths: [at("oidc", "scopes")], message: 'must have "openid" among them' });
  }
  if (admins.group === null) return found;
  if (issuer !== (gitlab.issuer ?? gitlab.url)) {
    found.push({
      paths: [at("admins", "group"), at("oidc", "issuer"), ["gitlab", "url"]],
      message: `is a group of ${gitlab.url}, and people sign in at ${issuer}`,
      hint: "gitlab.url, or gitlab.issuer, must be signIn.oidc.issuer",
    });
  }
  if (gitlab.token === null && !oidc.scopes.some((scope) => /^(?:read_)?api$/.test(scope))) {
    found.push({
      paths: [at("admins", "group"), ["gitlab", "token"], at("oidc", "scopes")],
      message: "cannot be read: there is neither gitlab.token nor the scope read_api",
      hint: "set TARDIS_GITLAB__TOKEN_FILE",
    });
  }
  return found;
}
