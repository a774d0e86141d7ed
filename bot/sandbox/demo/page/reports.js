// The reports to send, with what the bot answered over MLLP.

import { post } from "./api.js";
import { byId, h } from "./dom.js";
import { hl7 } from "./hl7.js";
import { botNow, clockTime } from "./times.js";

const SIGNS = { critical: "▲", significant: "◆", routine: "●" };

export const chip = (category) =>
  h("span", { class: `chip ${category}` }, h("span", { "aria-hidden": "true" }, SIGNS[category] ?? "■"), ` ${category}`);

let zone = () => "UTC";
let onSent = () => {};

/** Load the samples and wire the box, once. `siteZone()`: the hospital's; `whenSent()` hears of each report taken. */
export async function startReports(siteZone, whenSent) {
  zone = siteZone;
  onSent = whenSent;
  byId("own").addEventListener("submit", sendOwn);
  const samples = await (await fetch("api/samples")).json();
  byId("samples").replaceChildren(...samples.map(row));
}

function row(sample) {
  const answer = h("output", { class: "answer" });
  const send = h("button", { type: "button", class: "send", "aria-label": `Send ${sample.title}` }, "Send");
  send.addEventListener("click", () => deliver({ sample: sample.name }, send, answer));
  return h(
    "li",
    { class: "sample" },
    h(
      "details",
      {},
      h(
        "summary",
        {},
        h("span", { class: "sample-title" }, sample.title),
        h("span", { class: "chips" }, h("span", { class: "modality" }, sample.modality), chip(sample.category)),
      ),
      hl7(sample.hl7),
      h("button", { type: "button", class: "quiet", onclick: () => edit(sample.hl7) }, "Edit a copy below"),
    ),
    send,
    answer,
  );
}

function edit(text) {
  byId("own-text").value = text;
  byId("own-text").focus();
}

function sendOwn(event) {
  event.preventDefault();
  const button = event.target.querySelector("button");
  deliver({ hl7: byId("own-text").value }, button, byId("own-answer"));
}

async function deliver(what, button, place) {
  button.setAttribute("aria-busy", "true");
  place.replaceChildren();
  const answer = await post("api/send", what);
  button.removeAttribute("aria-busy");
  if (answer) place.replaceChildren(...answered(answer));
  if (answer?.code === "AA") onSent();
}

function answered({ code, said, ack }) {
  const good = code === "AA";
  const word = good ? (said ? "taken, with a warning" : "accepted") : code ? "not accepted" : "no answer";
  return [
    h("span", { class: `ack ${good ? (said ? "warned" : "good") : "bad"}` }, good ? "✓ " : "✕ ", h("b", {}, code || "—"), ` ${word}`),
    h("time", {}, clockTime(botNow(), zone())),
    said ? h("p", { class: "said" }, said) : "",
    ack ? h("details", { class: "ack-text" }, h("summary", {}, "the ACK"), hl7(ack)) : "",
  ];
}
