// The one-time link of an admin: its secret stands after the # and is exchanged here for a cookie.
"use strict";

(() => {
  const state = document.getElementById("state");
  const secret = location.hash.slice(1);

  async function enter() {
    state.textContent = state.dataset.going;
    history.replaceState(null, "", "/admin/enter"); // the secret is not kept in the history
    let answer;
    try {
      answer = await fetch("/admin/enter", { method: "POST", body: secret });
    } catch {
      history.replaceState(null, "", "/admin/enter#" + secret);
      state.textContent = state.dataset.offline;
      return;
    }
    if (answer.ok) {
      location.replace("/admin");
    } else {
      state.textContent = (await answer.json()).error;
    }
  }

  addEventListener("hashchange", () => location.reload());
  if (secret) enter();
})();
