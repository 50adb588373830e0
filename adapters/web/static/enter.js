// The one-time link of an admin: its secret stands after the # and is exchanged here for a cookie.
"use strict";

(() => {
  const state = document.getElementById("state");
  const second = document.getElementById("second");
  const code = document.getElementById("link-code");
  const secret = location.hash.slice(1);

  async function enter() {
    state.textContent = state.dataset.going;
    history.replaceState(null, "", "/admin/enter"); // the secret is not kept in the history
    let answer;
    try {
      answer = await fetch("/admin/enter", { method: "POST", body: code.value ? secret + "\n" + code.value : secret });
    } catch {
      history.replaceState(null, "", "/admin/enter#" + secret);
      state.textContent = state.dataset.offline;
      return;
    }
    const said = await answer.json();
    if (answer.ok) {
      location.replace(said.to);
      return;
    }
    state.textContent = said.error;
    if (said.code) {
      document.getElementById("ways").hidden = true;
      second.hidden = false;
      code.value = "";
      code.focus();
    }
  }

  second.addEventListener("submit", (event) => { event.preventDefault(); enter(); });
  addEventListener("hashchange", () => location.reload());
  if (secret) enter();
})();
