export interface Filter {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  /** What can be chosen; without it, one types. */
  readonly options?: readonly (readonly [value: string, label: string])[];
  /** What stands for all of them, where nothing means something else. */
  readonly all?: string;
  readonly placeholder?: string;
}

/** What narrows a list down: a form that is sent as the query of the list's own path. */
export function Filters({ path, filters }: { path: string; filters: readonly Filter[] }) {
  return (
    <form class="filters" method="get" action={path}>
      {filters.map(({ name, label, value, options, all = "", placeholder }) => (
        <label>
          <span>{label}</span>
          {options === undefined ? (
            <input
              type="search"
              name={name}
              value={value}
              maxlength={100}
              placeholder={placeholder}
            />
          ) : (
            <select name={name}>
              <option value={all} selected={value === all}>
                All
              </option>
              {options.map(([option, text]) => (
                <option value={option} selected={option === value}>
                  {text}
                </option>
              ))}
            </select>
          )}
        </label>
      ))}
      <button type="submit" class="quiet">
        Show
      </button>
    </form>
  );
}
