/** Text to be copied, with a button for it where scripts run. */
export function Copyable({ text, label = "Copy" }: { text: string; label?: string }) {
  return (
    <span class="copyable">
      <code>{text}</code>
      <button type="button" class="quiet needs-script" data-copy={text}>
        {label}
      </button>
    </span>
  );
}
