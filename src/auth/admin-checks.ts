import type { Person } from "../domain/entities.ts";
import { messageOf } from "../errors.ts";
import { ADMIN_WORD_MS } from "./actor.ts";
import type { GroupAdmins } from "./group-admins.ts";
import type { Session, Sessions } from "./sessions.ts";

export interface AdminChecksOptions {
  readonly groupAdmins: Pick<GroupAdmins, "canAskAgain" | "isStill">;
  readonly sessions: Pick<Sessions, "confirmAdmin">;
  /** The provider's issuer: whose subject GitLab knows. */
  readonly issuer: string;
  readonly now: () => Date;
  readonly log: { warn(fields: object, message: string): void };
}

/** GitLab is asked so often for one person, while they use the console. */
const RECHECK_MS = 2 * 60 * 1000;
/** And so often where it did not answer. */
const RETRY_MS = 30_000;

interface Word {
  readonly askedAt: Date;
  /** Undefined where GitLab did not say. */
  readonly answer: Promise<boolean | undefined>;
  isOpen: boolean;
  failed: boolean;
}

/**
 * Asks GitLab again whether those who are admins by their group still are. While its last word is
 * young nobody waits for it; once it is so old that it is worth nothing, whoever asks does. Where
 * GitLab does not answer, they are members from then on, until it does.
 */
export class AdminChecks {
  readonly #options: AdminChecksOptions;
  /** GitLab's last word on each person, or what it is being asked. */
  readonly #words = new Map<string, Word>();

  constructor(options: AdminChecksOptions) {
    this.#options = options;
  }

  /**
   * A session, as what GitLab says makes it.
   * @throws Refusal `unavailable`, StoreUnavailable
   */
  async look(session: Session, person: Person): Promise<Session> {
    const now = this.#options.now().getTime();
    const { adminUntil, adminSeenAt = session.createdAt } = session;
    if (adminUntil === undefined || Date.parse(adminUntil) <= now) return session;
    const age = now - Date.parse(adminSeenAt);
    if (age < RECHECK_MS || !this.#options.groupAdmins.canAskAgain) return session;
    const looked = this.#confirm(session, person);
    if (age >= ADMIN_WORD_MS) return looked;
    looked.catch((error: unknown) => this.#warn(person, error));
    return session;
  }

  async #confirm(session: Session, person: Person): Promise<Session> {
    const { askedAt, answer } = this.#ask(person);
    const isStill = await answer;
    if (isStill === undefined) return session;
    // The word is as old as the question.
    const confirmed = await this.#options.sessions.confirmAdmin(
      session,
      isStill ? askedAt : undefined,
    );
    return confirmed ?? withoutAdmin(session);
  }

  /** Not again while the last word is young: a request may hold the session as it was before that word. */
  #ask(person: Person): Word {
    const last = this.#words.get(person.id);
    const askedAt = this.#options.now();
    const age = askedAt.getTime() - (last?.askedAt.getTime() ?? 0);
    if (last !== undefined && (last.isOpen || age < (last.failed ? RETRY_MS : RECHECK_MS)))
      return last;
    const settle = (isStill: boolean | undefined) => {
      word.isOpen = false;
      word.failed = isStill === undefined;
      return isStill;
    };
    const answer = this.#askGitLab(person).then(settle);
    const word: Word = { askedAt, isOpen: true, failed: false, answer };
    this.#words.set(person.id, word);
    return word;
  }

  async #askGitLab(person: Person): Promise<boolean | undefined> {
    const { groupAdmins, issuer } = this.#options;
    // An account that was taken from them makes them nothing any more.
    const subjects = person.identities
      .filter((identity) => identity.issuer === issuer)
      .map(({ subject }) => subject);
    try {
      const answers = await Promise.all(subjects.map((subject) => groupAdmins.isStill(subject)));
      return answers.includes(true);
    } catch (error) {
      this.#warn(person, error);
      return undefined;
    }
  }

  #warn({ id, name }: Person, error: unknown): void {
    this.#options.log.warn(
      { person: id, reason: messageOf(error) },
      `whether ${name} is still an admin by their group in GitLab could not be asked`,
    );
  }
}

function withoutAdmin({ adminUntil: _until, adminSeenAt: _at, ...session }: Session): Session {
  return session;
}
