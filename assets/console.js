// What makes the console's pages quicker to use. Each page does without all of it.
"use strict";

(() => {
  const root = document.documentElement;
  root.classList.add("scripts");

  // "/" goes to the search, unless one is writing.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const search = document.getElementById("search");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  });

  // Buttons that copy.
  const copy = async (button) => {
    const label = [...button.childNodes];
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
    } catch {
      // Without leave to write to the clipboard, the text is marked, to be copied by hand.
      getSelection().selectAllChildren(button.previousElementSibling);
      button.textContent = "Press Ctrl+C";
    }
    setTimeout(() => {
      button.replaceChildren(...label);
    }, 2000);
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) void copy(button);
  });

  // Buttons that save: the file is made here, and is at no address that anything remembers.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-save]");
    if (!button) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([button.dataset.save]));
    link.download = button.dataset.as;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });

  // What takes some seconds says so, and is asked for once.
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-slow]");
    if (!form) return;
    const button = event.submitter ?? form.querySelector("button");
    if (button.ariaBusy === "true") event.preventDefault();
    button.ariaBusy = "true";
  });
  addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("form[data-slow] [aria-busy]"))
      button.removeAttribute("aria-busy");
  });

  // The address that a form's fields make, while they are typed: <output data-address> shows it.
  const showAddress = (form) => {
    const output = form.querySelector("[data-address]");
    if (!output) return;
    const field = (name) => form.elements.namedItem(name);
    const label = field("label");
    const host = label ? `${label.value}.${output.dataset.zone}` : output.dataset.host;
    const path = field("path")?.value.trim() ?? "";
    output.textContent = `https://${host}${output.dataset.port}${path.startsWith("/") || path === "" ? "" : "/"}${path || "/"}`;
  };
  document.addEventListener(
    "input",
    (event) => event.target.form && showAddress(event.target.form),
  );
  document.querySelectorAll("form").forEach(showAddress);

  // Parts of a page that are asked for anew keep the focus, what was unfolded and typed, and their place.
  /** By what a control is known again, as few have an id: by what it does, where that is said. */
  const whatIs = (element) => {
    const { localName: tag, id, type, dataset } = element;
    if (id) return `#${id}`;
    if (tag === "a") return `a ${element.getAttribute("href")}`;
    if (tag === "details") return `details ${whatIs(element.querySelector("summary"))}`;
    if (tag === "summary") {
      // How many there are of what is unfolded may stand in it, and beside its heading what is new.
      const { textContent } = element.querySelector("h2, h3") ?? element;
      return `summary ${textContent.replace(/\d+/g, "")}`;
    }
    const isOneOfSome = tag === "button" || type === "checkbox" || type === "radio";
    const does = element.form?.getAttribute("action") ?? dataset.copy ?? dataset.save;
    const words = element.getAttribute("aria-label") ?? (does ? "" : element.textContent);
    return JSON.stringify([tag, does, element.name, isOneOfSome && element.value, words]);
  };
  /** Those in a part that match, by what each is and how many like it come before. */
  const byWhat = (part, selector) => {
    const counts = new Map();
    return new Map(
      [...part.querySelectorAll(selector)].map((element) => {
        const what = whatIs(element);
        const before = counts.get(what) ?? 0;
        counts.set(what, before + 1);
        return [`${before} ${what}`, element];
      }),
    );
  };
  const CONTROLS = "a[href], button, input, select, textarea, summary, [tabindex]";
  const TYPED = "input:not([type=hidden]), select, textarea";
  const isAltered = (field) =>
    field.options
      ? [...field.options].some(({ selected, defaultSelected }) => selected !== defaultSelected)
      : field.value !== field.defaultValue || field.checked !== field.defaultChecked;
  /** Where one was, of which only what stands around it is left: that, or the next heading. */
  const placeIn = (part, around) => {
    const place =
      around.map((id) => document.getElementById(id)).find((one) => part.contains(one)) ??
      part.querySelector("h2, h3") ??
      document.querySelector("h1");
    if (place && place.tabIndex < 0) place.tabIndex = -1;
    return place;
  };
  let kept;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { detail } = event;
    // Who is signed out meanwhile is shown so, and not a page without its part.
    if (
      detail.xhr.responseURL &&
      new URL(detail.xhr.responseURL).pathname !==
        new URL(detail.pathInfo.finalRequestPath, location.href).pathname
    ) {
      detail.shouldSwap = false;
      location.reload();
      return;
    }
    const { target } = detail;
    const focused = target.contains(document.activeElement) ? document.activeElement : undefined;
    const around = [];
    for (let at = focused; at && at !== target; at = at.parentElement)
      if (at.id) around.push(at.id);
    const nameIn = (selector) =>
      [...byWhat(target, selector)].find(([, element]) => element === focused)?.[0];
    kept = {
      id: target.id,
      open: [...byWhat(target, "details")].map(([what, { open }]) => [what, open]),
      typed: [...byWhat(target, TYPED)].filter(([, field]) => isAltered(field)),
      focused,
      focus: focused && nameIn(CONTROLS),
      around,
    };
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (!kept) return;
    const { id, open, typed, focused, focus, around } = kept;
    kept = undefined;
    const part = document.getElementById(id);
    if (!part) return;
    const folds = byWhat(part, "details");
    for (const [what, isOpen] of open) if (folds.has(what)) folds.get(what).open = isOpen;
    const fields = byWhat(part, TYPED);
    for (const [what, { value, checked }] of typed)
      if (fields.has(what)) Object.assign(fields.get(what), { value, checked });
    if (!focused) return;
    const again = byWhat(part, CONTROLS).get(focus) ?? placeIn(part, around);
    again?.focus({ preventScroll: true });
    const { selectionStart, selectionEnd } = focused;
    if (typeof selectionStart === "number")
      again?.setSelectionRange?.(selectionStart, selectionEnd);
  });

  // Live: while the page is seen, it hears of changes; one that comes back may have missed some.
  if (document.querySelector("[data-live]") && globalThis.EventSource) {
    let stream;
    // What is asked for while an answer is on its way would be lost with the part that it replaces.
    let isAsking = false;
    let isMissed = false;
    const refresh = () => {
      isMissed = isAsking;
      if (!isAsking) htmx.trigger(document.body, "live");
    };
    const isLive = ({ detail }) => detail.requestConfig.elt.matches("[data-live]");
    document.addEventListener("htmx:beforeRequest", (event) => {
      if (isLive(event)) isAsking = true;
    });
    document.addEventListener("htmx:afterRequest", (event) => {
      if (!isLive(event)) return;
      // The part that came listens a moment after it stands there.
      setTimeout(() => {
        isAsking = false;
        if (isMissed) refresh();
      }, 100);
    });
    const open = () => {
      if (stream || document.hidden) return;
      stream = new EventSource("/live");
      stream.addEventListener("at", ({ data }) => {
        root.classList.add("is-live");
        if (data !== document.querySelector("[data-live]").dataset.live) refresh();
      });
      stream.addEventListener("changed", refresh);
      // Signed out, elsewhere or by someone: what one may see now is for the server to say.
      stream.addEventListener("ended", () => location.reload());
      stream.addEventListener("error", () => root.classList.remove("is-live"));
    };
    const close = () => {
      stream?.close();
      stream = undefined;
    };
    document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
    addEventListener("pagehide", close);
    addEventListener("pageshow", open);
    open();
  }
})();
