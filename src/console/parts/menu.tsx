import type { Child } from "hono/jsx";

/**
 * Places to go to: in a line where there is room, behind a button where it is narrow. It opens without
 * scripts; a browser that knows no popovers shows the places as they are.
 */
export function Menu({
  id,
  name,
  button,
  places,
  current,
  more = "",
}: {
  id: string;
  /** What it is, for those who do not see where it stands. */
  name: string;
  /** What its button says where it is narrow. */
  button: Child;
  places: readonly (readonly [name: string, href: string, label: string])[];
  /** The name of the place that one is at. */
  current: string | undefined;
  more?: string;
}) {
  return (
    <>
      <button type="button" class="quiet menu" popovertarget={id}>
        {button}
      </button>
      <nav id={id} class={`sections ${more}`.trim()} aria-label={name} popover="auto">
        <ul>
          {places.map(([place, href, label]) => (
            <li>
              <a href={href} aria-current={place === current ? "page" : undefined}>
                {label}
              </a>
            </li>
          ))}
        </ul>
      </nav>
    </>
  );
}
