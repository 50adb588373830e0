// What pages cannot do without a script: tokens on requests, unsaved text kept, a word when the line is cut, light and dark.
"use strict";

(() => {
  const root = document.documentElement;
  const data = document.body.dataset;

  if (/^#[\w-]{43}$/.test(location.hash)) history.replaceState(null, "", location.pathname); // a link that was not needed

  const theme = localStorage.getItem("theme");
  if (theme) root.dataset.theme = theme;
  document.getElementById("theme")?.addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
    document.dispatchEvent(new Event("theme"));
  });

  document.body.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-Form-Token"] = data.formToken;
  });
  const toast = document.getElementById("toast");
  const say = (words) => {
    toast.textContent = words;
    toast.hidden = false;
    setTimeout(() => { toast.hidden = true; }, 6000);
  };
  document.body.addEventListener("htmx:sendError", () => say(data.lost));
  document.body.addEventListener("htmx:responseError", () => say(data.lost));

  // Every form of a page carries the token, also those that came later.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.ask && !confirm(form.dataset.ask)) { event.preventDefault(); return; }
    if (!form.elements.form_token) {
      const field = document.createElement("input");
      field.type = "hidden"; field.name = "form_token"; field.value = data.formToken;
      form.append(field);
    }
    form.dataset.sent = "1";
  }, true);

  // Leaving with typed text that was not saved asks first.
  const changed = () => [...document.querySelectorAll("form[data-guard]")].some((form) => form.dataset.touched && !form.dataset.sent);
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-guard]");
    if (form) form.dataset.touched = "1";
  });
  addEventListener("beforeunload", (event) => { if (changed()) event.preventDefault(); });

  // A link or a code is copied from the field that shows it; where the browser does not let us, it is selected.
  document.addEventListener("click", (event) => {
    const field = document.getElementById(event.target.closest("[data-copy]")?.dataset.copy);
    if (!field) return;
    field.select();
    navigator.clipboard?.writeText(field.value).catch(() => {});
  });

  // A page that comes back from the browser's memory after signing out is asked for anew.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
})();
