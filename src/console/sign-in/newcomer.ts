import type { ProviderAccount } from "../../auth/provider.ts";
import { identityKey, type State } from "../../domain/state.ts";
import type { SignInInput } from "../../owners/sign-in.ts";

export interface NewcomerSettings {
  /** The claim that somebody new is named by. */
  readonly usernameClaim: string;
}

/**
 * What the provider says of somebody who is not known here yet; nothing is asked for who is.
 * @throws ProviderError
 */
export async function newcomerOf(
  state: State,
  input: SignInInput,
  account: ProviderAccount,
  { usernameClaim }: NewcomerSettings,
): Promise<Pick<SignInInput, "username" | "displayName" | "email">> {
  if (input.invitation !== undefined || state.personsByIdentity.has(identityKey(input))) return {};
  const claims = await account.claims();
  const textOf = (name: string) => {
    const value = claims[name];
    return typeof value === "string" ? value.slice(0, 300) : undefined;
  };
  // An address that the provider has not checked may be anybody's.
  const email = claims["email_verified"] === true ? textOf("email") : undefined;
  return { username: textOf(usernameClaim), displayName: textOf("name"), email };
}
