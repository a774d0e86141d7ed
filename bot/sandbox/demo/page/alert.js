// The alert: which one, who owns it, its window, its ladder and its audit trail.

import { byId, h, keyed, setText } from "./dom.js";
import { avatar } from "./people.js";
import { chip } from "./reports.js";
import { drawRing, ring } from "./ring.js";
import { clockTime, spoken, timeOfDay } from "./times.js";

const STATES = {
  open: ["◌", "open"], overdue: ["▲", "overdue"], acknowledged: ["✓", "acknowledged"],
  withdrawn: ["⊘", "withdrawn"], downgraded: ["↓", "downgraded"],
};
let shown = null;

export function showAlert(state, zone, choose) {
  shown = state.alert;
  const open = state.alerts.filter((row) => row.state === "open").length;
  setText(byId("alert-count"), state.alerts.length ? `${open} open of ${state.alerts.length}` : "");
  const rows = state.alerts.map((row) => ({ ...row, chosen: row.ref === shown?.ref }));
  keyed(byId("alerts"), rows, (row) => row.ref, (row) => alertKey(row, choose));
  const items = shown ? [heroFacts(shown)] : [{ ref: "", empty: true }];
  keyed(byId("hero"), items, (item) => item.ref, (item) => (item.empty ? nothing() : hero(item, zone)));
  keyed(byId("ladder"), shown?.ladder ?? [], (rung) => `${rung.kind}-${rung.who}-${rung.at}`, (rung) => rungNode(rung, zone));
  const trail = (shown?.timeline ?? []).map((entry) => ({ ...entry, ref: shown.ref }));
  keyed(byId("timeline"), trail, (entry) => `${entry.ref}-${entry.seq}`, (entry) => entryNode(entry, zone));
  tickAlert();
}

/** Move what moves by itself: the ring and the time left. */
export function tickAlert() {
  const drawing = byId("hero").querySelector(".ring");
  if (shown && drawing) drawRing(drawing, shown);
}

const nothing = () =>
  h("p", { class: "nothing" }, "No alert yet. Send a report with a critical or significant finding.");

const stateOf = (alert) => (alert.state === "open" && alert.expired ? "overdue" : alert.state);

function stateChip(alert) {
  const [sign, word] = STATES[stateOf(alert)];
  return h("span", { class: `state ${stateOf(alert)}` }, h("span", { "aria-hidden": "true" }, sign), ` ${word}`);
}

function alertKey(row, choose) {
  return h(
    "button",
    { type: "button", class: "alert-key", "aria-pressed": row.chosen, onclick: () => choose(row.ref) },
    h("span", { class: `dot ${row.category}`, "aria-hidden": "true" }),
    h("b", {}, row.ref),
    stateChip(row),
  );
}

/** Without what ticks or grows: the head is drawn anew only when one of these has changed. */
function heroFacts(alert) {
  const { timeline, ladder, ...facts } = alert;
  return facts;
}

function hero(alert, zone) {
  const reads = alert.acknowledged ? ended(alert, zone) : owner(alert);
  return h(
    "article",
    { class: `hero ${stateOf(alert)}` },
    ring(),
    h(
      "div",
      { class: "hero-facts" },
      h("p", { class: "chips" }, chip(alert.category), stateChip(alert)),
      h("h3", {}, alert.exam || "Imaging result"),
      h("p", { class: "ref" }, "ref ", h("b", {}, alert.ref), alert.version > 1 ? ` · version ${alert.version}` : "", alert.cycle > 1 ? ` · cycle ${alert.cycle}` : ""),
      reads,
      h("p", { class: "window" }, windowText(alert, zone)),
      alert.review ? h("p", { class: "review" }, `⚠ A person must look: ${alert.review}`) : "",
      alert.note ? h("p", { class: "review" }, alert.note) : "",
    ),
  );
}

function owner(alert) {
  if (alert.state !== "open") return "";
  return h(
    "p",
    { class: "owner" },
    avatar(alert.owner || "?"),
    h("span", {}, h("b", {}, alert.owner || "Nobody"), h("small", {}, `owns it now, as ${alert.owner_role}`)),
  );
}

function ended(alert, zone) {
  const { by, at, channel, read_back: how } = alert.acknowledged;
  const after = spoken(Date.parse(at) - Date.parse(alert.window_opens_at));
  return h(
    "p",
    { class: "owner" },
    avatar(by),
    h("span", {}, h("b", {}, by), h("small", {}, `on ${channel} at ${timeOfDay(at, zone)}, in ${after}; ${how}`)),
  );
}

function windowText(alert, zone) {
  const span = `Window ${timeOfDay(alert.window_opens_at, zone)} to ${timeOfDay(alert.due_at, zone)}`;
  return alert.expired ? `${span}; passed without an answer` : span;
}

const MARKS = { done: "✓", next: "▶", ahead: "", passed: "–" };
const WORDS = { done: "done", next: "next", ahead: "ahead", passed: "left out" };

function rungNode(rung, zone) {
  return h(
    "li",
    { class: `rung is-${rung.kind} ${rung.status}` },
    h("time", { datetime: rung.at }, timeOfDay(rung.at, zone)),
    h("span", { class: "rung-mark", role: "img", "aria-label": WORDS[rung.status] }, MARKS[rung.status]),
    h("span", { class: "rung-text" }, h("b", {}, rung.who), h("small", {}, rung.note)),
    rung.status === "next" ? h("span", { class: "rung-next" }, "next") : "",
  );
}

function entryNode(entry, zone) {
  return h(
    "li",
    { class: `entry ${entry.tone}` },
    h("time", { datetime: entry.at }, clockTime(entry.at, zone)),
    h("span", { class: "entry-dot", "aria-hidden": "true" }),
    h("span", { class: "entry-text" }, h("b", {}, entry.what), entry.detail ? h("small", {}, entry.detail) : ""),
    h("code", { title: "the beginning of this entry’s hash" }, entry.hash),
  );
}
