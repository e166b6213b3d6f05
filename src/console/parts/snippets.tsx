/** Commands or settings to be pasted as they are, one for each client. */
export function Snippets({
  all,
  fileName,
}: {
  all: readonly (readonly [client: string, where: string, text: string])[];
  /** What each is saved as where scripts run, for what is a file. */
  fileName?: string;
}) {
  return (
    <>
      {all.map(([client, where, text]) => (
        <div class="snippet">
          <h3>
            {client} <span class="quiet-text">{where}</span>
          </h3>
          <div class="ways">
            {fileName === undefined ? null : (
              <button
                type="button"
                class="quiet small needs-script"
                data-save={text}
                data-as={fileName}
              >
                Save as a file
              </button>
            )}
            <button type="button" class="quiet small needs-script" data-copy={text}>
              Copy<span class="unseen"> what is for {client}</span>
            </button>
          </div>
          <pre>
            <code>{text}</code>
          </pre>
        </div>
      ))}
    </>
  );
}
