import { identityKey, type State } from "../../domain/state.ts";
import type { RootNamespace } from "./snapshot.ts";

/** How GitLab's namespaces and users become owners here. */
export interface OwnerRules {
  /** The issuer of persons' identities in GitLab. */
  readonly issuer: string;
  /** Owners' names by the id of a namespace in GitLab. */
  readonly owners: ReadonlyMap<number, string>;
}

/**
 * Whose the sites of a namespace are. Owners are known by GitLab's ids, never by what they are called
 * there.
 */
export function ownerOf(
  state: State,
  { owners, issuer }: OwnerRules,
  { id, kind, user }: RootNamespace,
): string | null {
  const named = owners.get(id);
  if (named !== undefined) return state.ownersByName.get(named) ?? null;
  if (kind !== "user" || user === undefined) return null;
  return state.personsByIdentity.get(identityKey({ issuer, subject: String(user) })) ?? null;
}
