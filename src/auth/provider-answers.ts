/** What comes back from the provider, for those who need not load its client. */

/** Where the provider sends people back to. */
export const CALLBACK_PATH = "/sign-in/callback";

export type ProviderErrorCode =
  /** It cannot be reached, or fails. */
  | "away"
  /** The person said no, or it did. */
  | "denied"
  /** Its answer does not stand up: a code used twice, a wrong nonce, issuer or signature. */
  | "invalid";

/** Why nobody came back from the provider, in words for the log. */
export class ProviderError extends Error {
  readonly code: ProviderErrorCode;

  constructor(code: ProviderErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "ProviderError";
    this.code = code;
  }
}
