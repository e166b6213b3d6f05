import { framed, type Page } from "./frame.tsx";

export interface SignInPage {
  /** What went wrong, or has happened, in a sentence. */
  readonly notice?: string | undefined;
  /** Whether browsers keep our cookies at this address. */
  readonly kept: boolean;
  /** The provider's caption; undefined where there is none. */
  readonly provider?: string | undefined;
  /** Whether it can be reached. */
  readonly isThere?: boolean | undefined;
  /** The path that begins a sign-in there. */
  readonly start: string;
  /** The path that shows whether it can be reached by now. */
  readonly again: string;
}

/** The way in. */
export function signInPage(shown: SignInPage): Page {
  const { notice, kept, provider, isThere, start, again } = shown;
  return framed(
    "Sign in",
    <>
      {notice === undefined ? null : (
        <div class="flash bad" role="alert">
          <p>{notice}</p>
        </div>
      )}
      {kept ? null : <p>Nobody can sign in at this address, as it has no HTTPS. Tell an admin.</p>}
      {kept && provider === undefined ? (
        <p>Ask an admin for a sign-in link, and open it in this browser.</p>
      ) : null}
      {kept && provider !== undefined && isThere === true ? (
        <p>
          <a class="button" href={start}>
            Sign in with {provider}
          </a>
        </p>
      ) : null}
      {kept && provider !== undefined && isThere !== true ? (
        <>
          <div class="flash bad" role="alert">
            <p>{provider} cannot be reached now. What runs goes on running; try again shortly.</p>
          </div>
          <p>
            <a class="button" href={again}>
              Try again
            </a>
          </p>
        </>
      ) : null}
    </>,
  );
}

export interface InvitationPage {
  readonly name: string;
  readonly provider: string;
  readonly start: string;
}

/** What an invitation opens. */
export function invitationPage({ name, provider, start }: InvitationPage): Page {
  return framed(
    `You are invited as ${name}`,
    <>
      <p>
        Sign in with {provider}, and your account there is <strong>{name}</strong> here from then
        on. If that is not you, close this page.
      </p>
      <p>
        <a class="button" href={start}>
          Sign in with {provider}
        </a>
      </p>
    </>,
  );
}

export interface LinkPage {
  /** Whom the link lets in. */
  readonly name: string;
  readonly code: string;
  /** What only the browser that was given this page can say again. */
  readonly binding: string;
}

/** What a sign-in link opens. It only asks: programs that open every link use nothing up. */
export function linkPage({ name, code, binding }: LinkPage): Page {
  return framed(
    `Sign in as ${name}`,
    <>
      <p>
        This link signs you in as <strong>{name}</strong>, once. If that is not you, close this
        page.
      </p>
      <form method="post" action="/sign-in/link">
        <input type="hidden" name="code" value={code} />
        <input type="hidden" name="binding" value={binding} />
        <button>Sign in as {name}</button>
      </form>
    </>,
  );
}

/** For a form that was sent by somebody who is not signed in any more. */
export function turnedAwayPage(): Page {
  return framed(
    "You are signed out",
    <>
      <p>Nothing was changed. Sign in, then do it again.</p>
      <p>
        <a class="button" href="/sign-in">
          Sign in
        </a>
      </p>
    </>,
  );
}

/** What was refused, or failed, outside of any page. */
export function problemPage(title: string, message: string): Page {
  return framed(
    title,
    <>
      <p>{message}</p>
      <p>
        <a href="/">To the start</a>
      </p>
    </>,
  );
}
