// Two replies by keyboard: 1 and 2 choose a side, 0 neither.
"use strict";

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !/^[012]$/.test(event.key)) return;
  if (event.target.closest("input, select, textarea")) return;
  const button = document.querySelector(`button[name="side"][value="${event.key}"]`);
  if (button && !button.disabled) { event.preventDefault(); button.click(); }
});
