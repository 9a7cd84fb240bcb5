/** Cards that count down. */

import { h, icon } from "../../web/element/dom.js";

/**
 * @param {number} seconds
 * @param {string} label
 */
export function startTimer(seconds, label) {
  const due = performance.now() + seconds * 1000;
  const time = h("span", { class: "timer-time", role: "timer" });
  const bar = h("progress", { max: seconds, value: 0, "aria-label": label });
  const card = h("div", { class: "timer", role: "group", "aria-label": label }, h("span", { class: "timer-label" }, label), time, bar);
  card.append(h("button", { type: "button", "aria-label": `Remove the timer ${label}`, click: () => remove() }, icon("close")));
  const tell = () => {
    const left = Math.max(0, (due - performance.now()) / 1000);
    time.textContent = clock(Math.ceil(left));
    bar.value = seconds - left;
    if (left > 0) return;
    clearInterval(ticking);
    card.classList.add("rung");
    card.setAttribute("role", "alert");
    time.textContent = "Time is up";
  };
  const ticking = setInterval(tell, 250);
  const remove = () => {
    clearInterval(ticking);
    card.remove();
  };
  document.getElementById("timers")?.append(card);
  tell();
}

/** @param {number} seconds */
function clock(seconds) {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts
    .slice(parts[0] ? 0 : 1)
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
}
