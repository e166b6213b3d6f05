import { Table } from "./table.tsx";

/** Told instead of overwriting: what somebody saved meanwhile beside what was to be saved. */
export function LostUpdate({
  by,
  differing,
}: {
  by: string;
  /** Where the two differ: the setting, what is saved, and what was to be. */
  differing: readonly (readonly [name: string, theirs: string, yours: string])[];
}) {
  return (
    <section class="lost" role="alert" tabindex={-1} autofocus>
      <h2>This was changed meanwhile, by {by}</h2>
      {differing.length === 0 ? (
        <p>What they saved is what you were about to save.</p>
      ) : (
        <>
          <p>Nothing of yours was saved yet. This is where the two differ:</p>
          <Table
            caption="Both versions"
            columns={["Setting", "Saved now", "Yours"]}
            rows={differing}
          />
        </>
      )}
    </section>
  );
}
