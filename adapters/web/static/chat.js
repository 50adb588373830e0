// The chat page. What a person wrote is never lost: it stays until Remora has confirmed it, with the same id each time.
"use strict";

(() => {
  const $ = (id) => document.getElementById(id);
  const words = JSON.parse(document.body.dataset.words);
  const formToken = document.body.dataset.formToken;
  const person = document.body.dataset.person;
  const causeOf = (id) => person + ":" + id; // how Remora names a message of this person
  const log = $("log"), scroll = $("scroll"), text = $("text"), newer = $("newer"), contact = $("contact");
  const kept = { draft: "draft of " + person, unsent: "unsent of " + person }; // two people may share a tab in turn
  let last = document.body.dataset.last;
  let heard = Date.now();
  let source = null;
  let ended = false;

  // ---- what is shown -------------------------------------------------------------------------------------------

  const atEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;

  function follow(wasAtEnd) {
    if (wasAtEnd) {
      scroll.scrollTop = scroll.scrollHeight;
    } else {
      newer.hidden = false;
    }
  }

  function element(tag, name, content) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (content !== undefined) made.textContent = content;
    return made;
  }

  const standing = (cause) => [...log.children].find((one) => one.dataset.cause === cause);

  function bubble(side, cause) {
    $("empty").hidden = true;
    const item = element("li", side);
    if (cause) item.dataset.cause = cause;
    const body = element("div", "words");
    body.dir = "auto";
    item.append(element("span", "who", side === "mine" ? words.you : "Remora"), body);
    log.append(item);
    return item;
  }

  const bodyOf = (item) => item.querySelector(".words");

  function mine(id, content) {
    const wasAtEnd = atEnd();
    const item = bubble("mine", causeOf(id));
    bodyOf(item).textContent = content;
    follow(wasAtEnd);
    return item;
  }

  // The dots stand below everything while something is awaited.
  const dots = element("li", "dots");
  dots.append(element("span", "who", "Remora"), element("div", "words"));
  bodyOf(dots).append(element("i"), element("i"), element("i"), element("em", "", ""));
  let awaited = 0;
  let dotsTimer = 0;

  function think(note) {
    const wasAtEnd = atEnd();
    bodyOf(dots).lastChild.textContent = note || "";
    dots.setAttribute("aria-label", note || words.thinking);
    log.append(dots);
    follow(wasAtEnd);
    clearTimeout(dotsTimer);
    dotsTimer = setTimeout(() => { awaited = 0; dots.remove(); }, 180000);
  }

  function preview(cause, content, whole) {
    dots.remove();
    const wasAtEnd = atEnd();
    let item = standing(cause);
    if (item && !item.classList.contains("growing")) return; // its reply has come
    if (!item) {
      item = bubble("reply growing", cause);
      item.setAttribute("aria-busy", "true");
    }
    bodyOf(item).textContent = whole ? content : bodyOf(item).textContent + content;
    follow(wasAtEnd);
  }

  function reply(data) {
    const wasAtEnd = atEnd();
    const old = standing(data.cause);
    const item = bubble("reply", data.cause);
    if (old) old.replaceWith(item);
    bodyOf(item).innerHTML = data.html; // made safe by the server; the page's policy lets no script of it run
    if (data.choices.length) {
      const choices = element("div", "choices");
      for (const choice of data.choices) {
        const button = element("button", "", choice.label);
        button.type = "button";
        button.dataset.choice = choice.data;
        choices.append(button);
      }
      item.append(choices);
    }
    if (data.answers) awaited = Math.max(0, awaited - 1);
    dots.remove();
    if (awaited) think();
    follow(wasAtEnd);
    $("spoken").textContent = bodyOf(item).textContent;
    if (document.hidden) document.title = "● Remora"; // to be seen among other tabs
  }

  // ---- what is sent --------------------------------------------------------------------------------------------

  function newId() {
    return [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("");
  }

  const read = () => JSON.parse(sessionStorage.getItem(kept.unsent) || "[]");
  const write = (list) => sessionStorage.setItem(kept.unsent, JSON.stringify(list));
  const keep = (message) => write([...read().filter((one) => one.id !== message.id), message]);
  const drop = (message) => write(read().filter((one) => one.id !== message.id));

  // One after another, so that what was written first arrives first.
  let line = Promise.resolve();
  const queue = (message, item) => (line = line.then(() => post(message, item)));

  function say(content, choice) {
    const message = { id: newId(), text: content, choice: choice || "" };
    try { keep(message); } catch { /* too large to be kept through a reload; it still stands on the page */ }
    const item = mine(message.id, content);
    scroll.scrollTop = scroll.scrollHeight;
    return queue(message, item);
  }

  // Remora has it: said by the answer, or by the stream if the answer got lost.
  function taken(item, id) {
    if (item.dataset.taken) return;
    item.dataset.taken = "1";
    item.classList.remove("sending");
    item.querySelector(".failed")?.remove();
    drop({ id });
    awaited += 1;
    if (!log.querySelector(".growing")) think();
  }

  async function post(message, item) {
    if (item.dataset.taken) return true;
    item.classList.add("sending");
    item.querySelector(".failed")?.remove();
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
    let problem = words.not_sent;
    try {
      const answer = await fetch("/send", {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Form-Token": formToken },
        body: JSON.stringify({ ...message, zone }),
      });
      if (answer.ok) {
        taken(item, message.id);
        return true;
      }
      if (answer.status === 401) end();
      problem = (await answer.json()).error || problem;
    } catch { /* no answer: it may have arrived, and the same id makes it safe to ask again */ }
    if (item.dataset.taken) return true;
    item.classList.remove("sending");
    const failed = element("p", "failed", problem + " ");
    const again = element("button", "", words.retry);
    again.type = "button";
    again.addEventListener("click", () => queue(message, item));
    failed.append(again);
    item.append(failed);
    follow(true);
    return false;
  }

  function submit() {
    const content = text.value;
    if (!content.trim()) return;
    text.value = "";
    sessionStorage.removeItem(kept.draft);
    grow();
    say(content);
  }

  function grow() {
    const wasAtEnd = atEnd();
    text.style.height = "auto";
    text.style.height = Math.min(text.scrollHeight + 2, innerHeight * 0.4) + "px";
    if (wasAtEnd) scroll.scrollTop = scroll.scrollHeight;
  }

  // ---- what is heard -------------------------------------------------------------------------------------------

  const on = {
    said: (data) => taken(standing(data.cause) || mine(data.id, data.text), data.id),
    preview: (data) => preview(data.cause, data.text, true),
    delta: (data) => preview(data.cause, data.text, false),
    status: (data) => { if (!standing(data.cause)) think(data.text); },
    drop: (data) => {
      const item = standing(data.cause);
      if (item?.classList.contains("growing")) item.remove();
    },
    reply,
    reset: () => location.reload(),
    beat: () => {},
  };

  function listen() {
    if (ended) return;
    source?.close();
    source = new EventSource("/events?last=" + encodeURIComponent(last));
    heard = Date.now();
    source.onopen = () => { heard = Date.now(); contact.hidden = true; };
    source.onerror = () => {
      contact.hidden = false;
      if (source.readyState === EventSource.CLOSED) setTimeout(recover, 3000);
    };
    for (const [name, act] of Object.entries(on)) {
      source.addEventListener(name, (event) => {
        heard = Date.now();
        contact.hidden = true;
        if (event.lastEventId) last = event.lastEventId;
        act(JSON.parse(event.data));
      });
    }
  }

  async function recover() {
    try {
      const answer = await fetch("/session");
      if (answer.status === 401) return end();
    } catch { /* still no contact */ }
    listen();
  }

  // A phone that slept, or a network that went away without a word.
  const check = () => { if (Date.now() - heard > 40000) listen(); };

  function end() {
    ended = true;
    source?.close();
    contact.textContent = words.ended + " " + words.ended_more;
    contact.hidden = false;
  }

  // ---- hands ---------------------------------------------------------------------------------------------------

  const act = (path) => fetch(path, { method: "POST", headers: { "X-Form-Token": formToken } });

  $("composer").addEventListener("submit", (event) => { event.preventDefault(); submit(); });
  text.addEventListener("input", () => { sessionStorage.setItem(kept.draft, text.value); grow(); });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
      event.preventDefault();
      submit();
    }
  });
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    if (button?.classList.contains("try")) {
      say(button.textContent);
    } else if (button?.dataset.choice) {
      const all = [...button.parentElement.children];
      for (const one of all) one.disabled = true;
      button.classList.add("picked");
      if (!(await say(button.textContent, button.dataset.choice))) return;
    }
    if (!event.target.closest("#menu")) $("menu").open = false;
  });
  scroll.addEventListener("scroll", () => { if (atEnd()) newer.hidden = true; });
  newer.addEventListener("click", () => { scroll.scrollTop = scroll.scrollHeight; });
  const leave = async (path) => { await act(path); sessionStorage.clear(); location.replace("/"); };
  $("out").addEventListener("click", () => leave("/out"));
  $("out-everywhere").addEventListener("click", () => confirm(words.sign_out_ask) && leave("/out/everywhere"));
  $("device").addEventListener("click", async () => {
    const answer = await act("/link");
    $("menu").open = false;
    if (answer.status === 401) return end();
    $("url").value = (await answer.json()).url;
    $("copy").textContent = words.copy;
    $("near").hidden = !["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
    $("linked").showModal();
    $("url").select();
  });
  $("copy").addEventListener("click", async () => {
    $("url").select();
    if (navigator.clipboard) {
      await navigator.clipboard.writeText($("url").value);
    } else {
      document.execCommand("copy"); // over plain http there is no other way
    }
    $("copy").textContent = words.copied;
  });
  $("done").addEventListener("click", () => $("linked").close());
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") $("menu").open = false; });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    document.title = "Remora";
    check();
  });
  addEventListener("online", listen);
  addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
  setInterval(check, 10000);

  // ---- start ---------------------------------------------------------------------------------------------------

  sessionStorage.removeItem("stepped");
  text.value = sessionStorage.getItem(kept.draft) || "";
  grow();
  scroll.scrollTop = scroll.scrollHeight;
  for (const message of read()) {
    const item = standing(causeOf(message.id));
    if (item) drop(message); // it is in the history
    else queue(message, mine(message.id, message.text));
  }
  listen();
})();
