"use strict";

const WORDS = {
  en: {
    about: "The real assistant beside stand-ins of both platforms. Nothing leaves this machine.",
    day: "+1 day", next: "to the next reminder", left: "one person’s direct message", right: "another one’s private chat",
    send: "Send", write: "Remind me in 20 minutes to stretch", you: "You", lost: "The demo has stopped.",
  },
  zh: {
    about: "真正的助手，两边是模拟的平台。没有任何内容离开这台电脑。",
    day: "+1 天", next: "到下一个提醒", left: "一个人的私信", right: "另一个人的私聊",
    send: "发送", write: "20分钟后提醒我活动一下", you: "你", lost: "演示已停止。",
  },
};
let language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
let ahead = 0;
let zone;

const side = (name) => document.getElementById(name);
const noted = (section, text) => { section.querySelector(".note").textContent = text; };

function speak() {
  const words = WORDS[language];
  document.documentElement.lang = language;
  document.getElementById("about").textContent = words.about;
  for (const one of document.querySelectorAll("[data-word]")) one.textContent = words[one.dataset.word];
  for (const one of document.querySelectorAll("[data-hint]")) {
    one.placeholder = words[one.dataset.hint];
    one.setAttribute("aria-label", words[one.dataset.hint]);
  }
  for (const one of document.querySelectorAll(".person .who")) one.textContent = words.you;
  const other = document.getElementById("language");
  other.textContent = language === "zh" ? "English" : "中文";
  other.lang = language === "zh" ? "en" : "zh";
  tick();
}

function tick() {
  const now = new Date(Date.now() + ahead * 1000);
  document.getElementById("now").textContent = now.toLocaleString(language, { weekday: "short", day: "numeric",
    month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: zone });
}

async function act(what) {
  const answer = await fetch("do", { method: "POST", body: JSON.stringify(what) });
  if (!answer.ok) throw new Error(await answer.text());
}

function bubble(event) {
  const section = side(event.side);
  const log = section.querySelector(".log");
  const id = `${event.side}-${event.id}`;
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const old = document.getElementById(id);
  const one = document.createElement("article");
  one.id = id;
  one.className = `bubble ${event.who}${event.draft ? " draft" : ""}`;
  const head = document.createElement("div");
  const who = document.createElement("span");
  who.className = "who";
  who.textContent = event.who === "bot" ? "Remora" : WORDS[language].you;
  const when = document.createElement("time");
  when.dateTime = event.at;
  when.textContent = new Date(event.at).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", timeZone: zone });
  head.append(who, when);
  const body = document.createElement("div");
  body.innerHTML = event.html; // made by the server, which escapes every word; the page's policy allows no script in it
  one.append(head, body);
  if (event.buttons.length) {
    const row = document.createElement("div");
    row.className = "buttons";
    event.buttons.forEach((label, number) => {
      const button = document.createElement("button");
      button.textContent = label;
      button.addEventListener("click", () => act({ side: event.side, id: event.id, press: number }));
      row.append(button);
    });
    one.append(row);
  }
  if (old) old.replaceWith(one); else log.append(one);
  if (atEnd) log.scrollTop = log.scrollHeight;
  if (event.who === "bot" && !event.draft) noted(section, "");
}

const events = new EventSource("events");
events.onopen = () => { for (const log of document.querySelectorAll(".log")) log.replaceChildren(); };
events.onerror = () => { for (const name of ["slack", "telegram"]) noted(side(name), WORDS[language].lost); };
events.onmessage = (message) => {
  const event = JSON.parse(message.data);
  if (event.kind === "bubble") bubble(event);
  else if (event.kind === "gone") document.getElementById(`${event.side}-${event.id}`)?.remove();
  else if (event.kind === "note") noted(side(event.side), event.text);
  else if (event.kind === "clock") { ({ ahead, zone } = event); tick(); }
};

for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = form.elements.text.value.trim();
    form.elements.text.value = "";
    if (text) await act({ side: form.closest("section").id, say: text });
  });
}
for (const button of document.querySelectorAll("[data-hours]")) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    try { await act({ hours: Number(button.dataset.hours) }); } finally { button.disabled = false; }
  });
}
document.getElementById("language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  speak();
});
setInterval(tick, 1000);
speak();
