// The editor of an intent: numbers beside its lines, with what is wrong marked at the line; more rows for slots and answers.
"use strict";

(() => {
  const area = document.querySelector("[data-lined]");
  const gutter = area?.previousElementSibling;
  const problems = () => [...document.querySelectorAll("#check [data-line]")].filter((one) => one.dataset.field === area.name);

  const number = () => {
    const count = Math.min(area.value.split("\n").length, 5000);
    const marks = new Map();
    for (const one of problems()) if (one.dataset.line !== "0" && marks.get(one.dataset.line) !== "b") marks.set(one.dataset.line, one.classList.contains("bad") ? "b" : "i");
    gutter.replaceChildren();
    for (let line = 1; line <= count; line += 1) {
      const mark = marks.get(String(line));
      if (mark) { const node = document.createElement(mark); node.textContent = `● ${line}\n`; gutter.append(node); }
      else gutter.append(`${line}\n`);
    }
    gutter.scrollTop = area.scrollTop;
  };
  if (area) {
    area.parentElement.classList.add("on");
    area.addEventListener("input", number);
    area.addEventListener("scroll", () => { gutter.scrollTop = area.scrollTop; });
    document.body.addEventListener("htmx:afterSettle", number);
    number();
  }

  document.addEventListener("click", (event) => {
    const jump = event.target.closest("[data-jump]");
    if (jump) {
      const { line, field } = jump.closest("[data-line]").dataset;
      const there = document.getElementById(field);
      if (!there) return;
      const lines = there.value.split("\n");
      const start = lines.slice(0, Number(line) - 1).join("\n").length + (Number(line) > 1 ? 1 : 0);
      there.focus();
      there.setSelectionRange(start, start + lines[Number(line) - 1].length);
      there.scrollTop = (Number(line) - 4) * 22;
    }
    const add = event.target.closest("[data-add]");
    if (add) {
      const rows = add.previousElementSibling;
      const row = rows.querySelector("[data-row]:last-child").cloneNode(true);
      for (const field of row.querySelectorAll("input, textarea")) field.value = "";
      rows.append(row);
      row.querySelector("input, select").focus();
    }
  });
  for (const add of document.querySelectorAll("[data-add]")) add.hidden = false;
})();
