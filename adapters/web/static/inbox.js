// The inbox by keyboard: J and K move, Enter accepts, E chooses, O out of scope, S skips, N makes a new intent, R asks for review.
"use strict";

(() => {
  let at = 0;
  const items = () => [...document.querySelectorAll("[data-item]")];
  const show = (scroll) => {
    const all = items();
    at = Math.max(0, Math.min(at, all.length - 1));
    all.forEach((item, place) => {
      item.classList.toggle("at", place === at);
      if (place === at) item.setAttribute("aria-current", "true"); else item.removeAttribute("aria-current");
    });
    if (scroll) all[at]?.scrollIntoView({ block: "nearest" });
  };
  const press = (what) => items()[at]?.querySelector(`[data-do="${what}"]`)?.click();
  const keys = {
    j: () => { at += 1; show(true); }, k: () => { at -= 1; show(true); },
    enter: () => press("accept"), o: () => press("out"), s: () => press("skip"), n: () => press("new"), r: () => press("review"),
    e: () => { const field = items()[at]?.querySelector("[data-intent]"); field?.focus(); field?.select(); },
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const field = event.target.closest("input, select, textarea, button, a, summary");
    if (field) {
      if (event.key === "Escape") field.blur();
      return;
    }
    const action = keys[event.key.toLowerCase()];
    if (action) { event.preventDefault(); action(); }
  });
  document.addEventListener("focusin", (event) => {
    const place = items().indexOf(event.target.closest("[data-item]"));
    if (place >= 0) { at = place; show(false); }
  });
  document.body.addEventListener("htmx:afterSwap", () => { document.activeElement?.blur(); show(true); });
  show(false);
})();
