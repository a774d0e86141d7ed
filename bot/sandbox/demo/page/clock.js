// The bot's clock: shown large, and moved.

import { post } from "./api.js";
import { byId, setText } from "./dom.js";
import { botNow, botRate, clockTime, dayOf } from "./times.js";

export function showClock() {
  for (const key of document.querySelectorAll("[data-rate]")) {
    key.setAttribute("aria-pressed", String(Number(key.dataset.rate) === botRate()));
  }
}

export function tickClock(zone) {
  setText(byId("clock-time"), clockTime(botNow(), zone));
  setText(byId("clock-day"), `${dayOf(botNow(), zone)} · ${zone.split("/").at(-1).replace("_", " ")} time`);
}

/** Wire the keys, once. */
export function startClock() {
  for (const key of document.querySelectorAll("[data-minutes], [data-rate]")) {
    key.addEventListener("click", () => move(key));
  }
}

async function move(key) {
  key.setAttribute("aria-busy", "true");
  const { minutes, rate } = key.dataset;
  await post("api/clock", minutes ? { minutes: Number(minutes) } : { rate: Number(rate) });
  key.removeAttribute("aria-busy");
}
