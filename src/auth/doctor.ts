import {
  ok,
  skipped,
  warning,
  wrong,
  type Look,
  type ModuleDoctor,
  type Subject,
} from "../checks/check.ts";
import { codeOf, notReached } from "../checks/unreachable.ts";
import type { Config } from "../config.ts";
import { CALLBACK_PATH, ProviderError } from "./provider-answers.ts";

/** How the library names an answer that asks the client to say again who it is. */
const CHALLENGED = "OAUTH_WWW_AUTHENTICATE_CHALLENGE";

/** Signing in: the provider as it describes itself, and whether it knows this console. */
export const signInDoctor: ModuleDoctor = {
  name: "Sign-in",
  off: ({ signIn }) =>
    signIn.oidc.issuer === null
      ? "signIn.oidc.issuer is null: people sign in by links only."
      : undefined,
  systems: ({ signIn: { oidc } }) =>
    oidc.issuer === null ? [] : [{ name: "Sign-in", url: oidc.issuer }],
  hosts: () => [],
  look: async (look, subject) => {
    const { issuer } = subject.config.signIn.oidc;
    if (issuer === null || !(await lookAtDiscovery(look, subject, issuer))) return;
    await Promise.all([lookAtClient(look, subject.config), lookAtAdminGroup(look, subject)]);
  },
};

/** OpenID Connect Discovery 1.0, 4. @returns whether there is somebody to go on with */
async function lookAtDiscovery(
  { tell, signal }: Look,
  { config, reach }: Subject,
  issuer: string,
): Promise<boolean> {
  const { scopes } = config.signIn.oidc;
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const server = { name: "The provider", key: "signIn.oidc.issuer", url };
  let status: number;
  let body: Buffer;
  try {
    ({ status, body } = await reach.get(url, { signal }));
  } catch (error) {
    tell("provider", wrong(notReached(error, server, signal)));
    return false;
  }
  const said = parsed(body);
  if (status !== 200 || said === undefined) {
    const says = `${url} answers ${status} and does not describe an OpenID Connect provider: is signIn.oidc.issuer its issuer, with its path if it has one?`;
    tell("provider", wrong(says));
    return false;
  }
  if (said["issuer"] !== issuer) {
    const says = `The provider at ${issuer} says that its issuer is ${String(said["issuer"]).slice(0, 200)}: set signIn.oidc.issuer to exactly that. Identities of persons are by issuer.`;
    tell("provider", wrong(says));
    return false;
  }
  const known = said["scopes_supported"];
  const missing = Array.isArray(known) ? scopes.filter((scope) => !known.includes(scope)) : [];
  if (missing.length > 0) {
    const says = `${issuer} describes itself, and knows no scope ${missing.join(", ")} (signIn.oidc.scopes).`;
    tell("provider", warning(says));
  } else tell("provider", ok(`${issuer} describes itself as it should.`));
  return true;
}

function parsed(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return typeof value === "object" && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Shows the provider a code that it never gave: it refuses the code where it knows the client and its
 * secret, and the client where it does not (RFC 6749, 5.2).
 */
async function lookAtClient(
  { tell }: Look,
  { signIn: { oidc }, publicUrl }: Config,
): Promise<void> {
  // Its library takes long to load.
  const { Provider } = await import("./provider.ts");
  const provider = new Provider({ settings: oidc, publicUrl });
  // Whoever says who they are (RFC 9207) has to.
  const back = new URLSearchParams({ code: "doctor", state: "doctor", iss: oidc.issuer ?? "" });
  const state = "doctor";
  const challenge = { nonce: state, verifier: "doctor-doctor-doctor-doctor-doctor-doctor-doctor" };
  try {
    await provider.finish(`?${back.toString()}`, state, challenge);
  } catch (error) {
    const says = error instanceof ProviderError ? error.message : "";
    if (/\binvalid_grant\b/.test(says)) {
      tell("client", ok("The provider knows this console, and takes its secret."));
    } else if (
      /\binvalid_client\b|\bunauthorized_client\b/.test(says) ||
      codeOf(error) === CHALLENGED
    ) {
      const todo = `is signIn.oidc.clientId that of an application there with the redirect URI ${publicUrl}${CALLBACK_PATH}, and the secret its own?`;
      tell("client", wrong(`The provider does not take this console's id and secret: ${todo}`));
    } else if (error instanceof ProviderError && error.code === "away") {
      tell(
        "client",
        wrong("The provider's token endpoint does not answer, so nobody can sign in."),
      );
    } else {
      tell("client", skipped("Whether the provider knows this console is seen at a sign-in only."));
    }
  }
}

/** The group whose members are admins: a number that nobody has makes nobody an admin. */
async function lookAtAdminGroup({ tell, signal }: Look, { config, reach }: Subject): Promise<void> {
  const { group } = config.signIn.admins;
  const { token, url } = config.gitlab;
  if (group === null) return;
  if (token === null) {
    tell("admin group", skipped("Without gitlab.token, GitLab is asked as whoever signs in."));
    return;
  }
  try {
    const headers = { authorization: `Bearer ${token.trim()}` };
    const { status, body } = await reach.get(`${url}/api/v4/groups/${group}`, { signal, headers });
    const path = parsed(body)?.["full_path"];
    if (status === 200 && typeof path === "string") {
      tell("admin group", ok(`Admins are members of ${path} (${group}).`, { path }));
    } else {
      const says = `GitLab shows no group with the number ${group} (${status}), so nobody is an admin by it: set signIn.admins.group to the id on the group's page.`;
      tell("admin group", wrong(says));
    }
  } catch (error) {
    tell(
      "admin group",
      wrong(notReached(error, { name: "GitLab", key: "gitlab.url", url }, signal)),
    );
  }
}
