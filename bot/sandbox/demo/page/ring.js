// The window as a ring that empties: green, amber below a half, red below a quarter, and in figures.

import { h, setText } from "./dom.js";
import { botNow, glance } from "./times.js";

const RADIUS = 58;
const AROUND = 2 * Math.PI * RADIUS;

export function ring() {
  return h(
    "div",
    { class: "ring", role: "timer", "aria-label": "Time left in the window" },
    h(
      "svg:svg",
      { viewBox: "0 0 136 136", "aria-hidden": "true" },
      h("svg:circle", { class: "ring-track", cx: 68, cy: 68, r: RADIUS }),
      h("svg:circle", { class: "ring-left", cx: 68, cy: 68, r: RADIUS, "stroke-dasharray": `${AROUND} ${AROUND}` }),
    ),
    h("p", { class: "ring-text" }, h("b", {}), h("small", {})),
  );
}


export function drawRing(node, alert) {
  const opens = Date.parse(alert.window_opens_at);
  const due = Date.parse(alert.due_at);
  const until = alert.ended_at ? Date.parse(alert.ended_at) : botNow();
  const share = Math.min(1, Math.max(0, (due - until) / (due - opens)));
  node.dataset.level = level(alert, share);
  node.querySelector(".ring-left").style.strokeDashoffset = String(AROUND * (1 - share));
  const [figures, words] = reading(alert, due - until);
  setText(node.querySelector("b"), figures);
  node.querySelector("b").classList.toggle("long", figures.length > 5);
  setText(node.querySelector("small"), words);
}

function level(alert, share) {
  if (alert.state === "acknowledged") return alert.expired ? "late" : "answered";
  if (alert.state !== "open") return "over";
  if (share <= 0) return "overdue";
  return share > 0.5 ? "calm" : share > 0.25 ? "soon" : "urgent";
}

function reading(alert, left) {
  if (alert.state === "acknowledged") {
    return ["✓", left >= 0 ? `with ${glance(left)} left` : `${glance(-left)} late`];
  }
  if (alert.state !== "open") return ["–", alert.state];
  return left >= 0 ? [glance(left), "left to answer"] : [`+${glance(-left)}`, "overdue"];
}
