import type { Flash } from "../flash.ts";

/** What was done just now, with the way to take it back. */
export function FlashMessage({ flash }: { flash: Flash | undefined }) {
  if (flash === undefined) return null;
  const { tone, text, undo, remedy } = flash;
  return (
    <div class={`flash ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      <p>
        {text}
        {remedy === undefined ? null : (
          <>
            {" "}
            <a href={remedy.href}>{remedy.label}</a>
          </>
        )}
      </p>
      {undo === undefined ? null : (
        <form method="post" action={undo.action}>
          <button type="submit" class="quiet small">
            {undo.label}
          </button>
        </form>
      )}
    </div>
  );
}
