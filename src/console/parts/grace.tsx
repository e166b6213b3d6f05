import type { Child } from "hono/jsx";
import { exactly, Time } from "./time.tsx";

/** Tells of a thing that is to be deleted when its time is over, with the way to have it back. */
export function Grace({
  until,
  now,
  action,
  handOn,
  children,
}: {
  until: string;
  now: Date;
  /** Where its deletion is undone. */
  action: string;
  /** Where an admin gives it to somebody else, when its owner is gone; nobody else has it back then. */
  handOn?: string | undefined;
  /** What is so until then. */
  children?: Child;
}) {
  const at = new Date(until);
  const isOver = at.getTime() <= now.getTime();
  return (
    <div class="note wait" role="note">
      <p>
        {isOver ? (
          "Its time is over: it is being deleted for good."
        ) : (
          <>
            It is deleted for good <Time at={at} now={now} />, on {exactly(at)}. {children}
          </>
        )}
      </p>
      {isOver ? null : handOn !== undefined ? (
        <a class="button" href={handOn}>
          Give it to somebody …
        </a>
      ) : (
        <form method="post" action={action}>
          <button type="submit">Have it back</button>
        </form>
      )}
    </div>
  );
}
