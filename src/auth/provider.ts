import * as oidc from "openid-client";
import type { Settings } from "../config.ts";
import { messageOf } from "../errors.ts";
import { CALLBACK_PATH, ProviderError, type ProviderErrorCode } from "./provider-answers.ts";

/** Who signed in at the provider, as it says. */
export interface ProviderAccount {
  readonly issuer: string;
  readonly subject: string;
  readonly accessToken: string;
  /** What else it says of them; asked for when it is needed. */
  claims(): Promise<Readonly<Record<string, unknown>>>;
}

/** What has to be known again when the browser comes back. */
export interface Challenge {
  readonly nonce: string;
  readonly verifier: string;
}

export interface ProviderOptions {
  readonly settings: Settings["signIn"]["oidc"];
  /** The console's origin. */
  readonly publicUrl: string;
  /** Milliseconds of a monotonic clock. */
  readonly clock?: () => number;
}

const TIMEOUT_SECONDS = 5;
/** Somebody waits for the page each time that it is tried. */
const RETRY_MS = 3_000;
/** What it says of itself may change; what it said before is good until it can be asked again. */
const FRESH_MS = 60 * 60 * 1000;

/**
 * The OpenID Connect provider (OpenID Connect Core 1.0): the code flow, with PKCE (RFC 7636), state
 * and nonce. It is found by discovery when it is first needed, so that a console starts without it,
 * and is tried again every few seconds while it is away.
 */
export class Provider {
  readonly caption: string;
  readonly #options: ProviderOptions;
  readonly #clock: () => number;
  #found: { readonly config: oidc.Configuration; readonly at: number } | undefined;
  #failed: { readonly error: ProviderError; readonly at: number } | undefined;
  #asking: Promise<oidc.Configuration> | undefined;

  constructor(options: ProviderOptions) {
    this.#options = options;
    this.caption = options.settings.caption;
    this.#clock = options.clock ?? (() => performance.now());
  }

  /** Whether people can be sent there now. Never throws. */
  async isThere(): Promise<boolean> {
    try {
      await this.#configuration();
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Where to send a browser.
   * @param state comes back with it
   * @throws ProviderError `away`
   */
  async begin(state: string): Promise<{ readonly url: URL; readonly challenge: Challenge }> {
    const { settings } = this.#options;
    const config = await this.#configuration();
    const challenge = { nonce: oidc.randomNonce(), verifier: oidc.randomPKCECodeVerifier() };
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: this.#redirectUri(),
      scope: settings.scopes.join(" "),
      state,
      nonce: challenge.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(challenge.verifier),
      code_challenge_method: "S256",
    });
    return { url, challenge };
  }

  /**
   * Takes up what the browser came back with.
   * @param search the query that it came back with
   * @throws ProviderError
   */
  async finish(search: string, state: string, challenge: Challenge): Promise<ProviderAccount> {
    const config = await this.#configuration();
    const back = new URL(this.#redirectUri());
    back.search = search;
    try {
      const tokens = await oidc.authorizationCodeGrant(config, back, {
        expectedState: state,
        expectedNonce: challenge.nonce,
        pkceCodeVerifier: challenge.verifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims === undefined) throw new ProviderError("invalid", "There was no ID token.");
      const { access_token: accessToken } = tokens;
      return {
        issuer: claims.iss,
        subject: claims.sub,
        accessToken,
        claims: async () => ({ ...claims, ...(await this.#userInfo(accessToken, claims.sub)) }),
      };
    } catch (error) {
      throw errorFrom(error);
    }
  }

  async #userInfo(accessToken: string, subject: string): Promise<object> {
    const config = await this.#configuration();
    if (config.serverMetadata().userinfo_endpoint === undefined) return {};
    try {
      return await oidc.fetchUserInfo(config, accessToken, subject);
    } catch (error) {
      throw errorFrom(error);
    }
  }

  #redirectUri(): string {
    return `${this.#options.publicUrl}${CALLBACK_PATH}`;
  }

  async #configuration(): Promise<oidc.Configuration> {
    const found = this.#found;
    const failed = this.#failed;
    const now = this.#clock();
    if (found !== undefined && now - found.at < FRESH_MS) return found.config;
    if (failed !== undefined && now - failed.at < RETRY_MS) {
      if (found !== undefined) return found.config;
      throw failed.error;
    }
    this.#asking ??= this.#discover().finally(() => (this.#asking = undefined));
    try {
      return await this.#asking;
    } catch (error) {
      if (found !== undefined) return found.config;
      throw error;
    }
  }

  async #discover(): Promise<oidc.Configuration> {
    const { issuer, clientId, clientSecret } = this.#options.settings;
    const server = new URL(issuer ?? "");
    const insecure = server.protocol === "http:" ? [oidc.allowInsecureRequests] : [];
    try {
      const config = await oidc.discovery(
        server,
        clientId ?? "",
        undefined,
        authenticationOf(clientSecret),
        { timeout: TIMEOUT_SECONDS, execute: [...insecure, oidc.enableNonRepudiationChecks] },
      );
      this.#found = { config, at: this.#clock() };
      this.#failed = undefined;
      return config;
    } catch (error) {
      const failure = errorFrom(error, "away");
      this.#failed = { error: failure, at: this.#clock() };
      throw failure;
    }
  }
}

/** As the provider says that it takes the secret; where it says nothing, in a header (Core 1.0, 9). */
function authenticationOf(secret: string | null): oidc.ClientAuth {
  if (secret === null) return oidc.None();
  const inHeader = oidc.ClientSecretBasic(secret);
  const inBody = oidc.ClientSecretPost(secret);
  return (server, client, body, headers) => {
    const taken = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
    const authenticate = taken.includes("client_secret_basic") ? inHeader : inBody;
    authenticate(server, client, body, headers);
  };
}

function errorFrom(error: unknown, otherwise: ProviderErrorCode = "invalid"): ProviderError {
  if (error instanceof ProviderError) return error;
  const { code, says } = reasonOf(error) ?? { code: otherwise, says: messageOf(error) };
  return new ProviderError(code, says, error);
}

function reasonOf(
  error: unknown,
): { readonly code: ProviderErrorCode; readonly says: string } | undefined {
  if (error instanceof oidc.AuthorizationResponseError) {
    const { error: word } = error;
    const isAway = word === "temporarily_unavailable" || word === "server_error";
    const isDenied = word === "access_denied" || word.endsWith("_required");
    return { code: isAway ? "away" : isDenied ? "denied" : "invalid", says: word };
  }
  if (error instanceof oidc.ResponseBodyError) {
    const { status, error: word } = error;
    return { code: status >= 500 ? "away" : "invalid", says: `${status} ${word}` };
  }
  if (error instanceof oidc.ClientError) {
    const { cause } = error;
    if (error.code === "OAUTH_TIMEOUT") return { code: "away", says: error.message };
    // An answer of `fetch`, and no instance of what a server has put in place of `Response`.
    const status = cause instanceof Object && "status" in cause ? Number(cause.status) : 0;
    if (status >= 500) return { code: "away", says: `${error.message}: ${status}` };
    return undefined;
  }
  // What `fetch` throws when nothing answers.
  if (error instanceof TypeError && error.message === "fetch failed")
    return { code: "away", says: messageOf(error.cause ?? error) };
  return undefined;
}
