import type { Child } from "hono/jsx";
import { Copyable } from "./copyable.tsx";

/** A secret, at the one time that it is shown: in an answer that nothing keeps. */
export function Secret({
  parts,
  children,
}: {
  /** What it is made of, each with what it is called. */
  parts: readonly (readonly [name: string, text: string])[];
  children?: Child;
}) {
  return (
    <section class="secret">
      <h2>Copy it now: it is shown only this once</h2>
      <dl class="facts">
        {parts.map(([name, text]) => (
          <>
            <dt>{name}</dt>
            <dd>
              <Copyable text={text} />
            </dd>
          </>
        ))}
      </dl>
      {children}
    </section>
  );
}
