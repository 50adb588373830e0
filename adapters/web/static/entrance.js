// The one-time link: its secret stands after the # and is exchanged here for a cookie.
"use strict";

(() => {
  const words = JSON.parse(document.body.dataset.words);
  const state = document.getElementById("state");
  const token = location.pathname === "/in" ? location.hash.slice(1) : "";

  async function enter() {
    state.textContent = words.enter;
    history.replaceState(null, "", "/in"); // the secret is not kept in the history
    let answer;
    try {
      answer = await fetch("/in", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ token }),
      });
    } catch {
      history.replaceState(null, "", "/in#" + token);
      state.textContent = words.enter_offline;
      return;
    }
    if (answer.ok) {
      location.replace("/");
    } else {
      state.textContent = (await answer.json()).error;
    }
  }

  // A link from another site brings no SameSite=Strict cookie along; a step of our own does.
  async function known() {
    const answer = await fetch("/session");
    if (answer.ok && sessionStorage.getItem("stepped") === null) {
      sessionStorage.setItem("stepped", "1");
      location.replace("/");
    }
  }

  addEventListener("hashchange", () => location.reload());
  if (token) {
    enter();
  } else {
    known();
  }
})();
