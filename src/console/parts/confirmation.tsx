import type { Child } from "hono/jsx";

export interface ConfirmationProps {
  /** Where it is sent to. */
  readonly action: string;
  /** What the button does: `Remove it`. */
  readonly label: string;
  /** The way back, with nothing done. */
  readonly cancel: string;
  /** What was shown, to be sent along. */
  readonly hidden?: Readonly<Record<string, string>>;
  readonly danger?: boolean;
  /** What will happen, and fields, if it needs any. */
  readonly children?: Child;
}

/** A page's body that asks once more before something is done: what will happen, yes, and no. */
export function Confirmation(props: ConfirmationProps) {
  const { action, label, cancel, hidden = {}, danger = false, children } = props;
  return (
    <form class="confirmation" method="post" action={action} novalidate>
      {children}
      {Object.entries(hidden).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      <p class="buttons">
        <button type="submit" class={danger ? "danger" : undefined}>
          {label}
        </button>
        <a class="button quiet" href={cancel}>
          Cancel
        </a>
      </p>
    </form>
  );
}
