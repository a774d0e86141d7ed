// One person's phone: the SMS thread with Readback's number, and what the carrier says of each.

import { act } from "./api.js";
import { byId, h, keyed, setText } from "./dom.js";
import { nameAndZone } from "./people.js";
import { botNow, timeOfDay } from "./times.js";

let phone = null;
let shownFor = "";
let zone = "UTC";

const OUTCOMES = {
  queued: ["…", "queued"], accepted: ["…", "accepted"], sending: ["…", "sending"],
  sent: ["✓", "sent"], delivered: ["✓✓", "delivered"], read: ["✓✓", "read"],
  undelivered: ["✕", "not delivered"], failed: ["✕", "failed"],
};

export function showPhone(state, who, handset) {
  phone = handset;
  zone = who?.tz ?? "UTC";
  setText(byId("phone-whose"), handset ? `${handset.number} of ${nameAndZone(state, who)}` : "");
  byId("reply").hidden = handset === null;
  byId("phone-signal").dataset.state = handset?.state ?? "off";
  draw(who, handset);
  suggest(handset);
  tickPhone();
}

export function tickPhone() {
  setText(byId("phone-time"), timeOfDay(botNow(), zone).slice(-5));
}

function draw(who, handset) {
  const list = byId("thread");
  const changed = shownFor !== (who?.id ?? "");
  const atEnd = changed || list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  if (changed) list.replaceChildren();
  shownFor = who?.id ?? "";
  const items = handset?.messages.length
    ? handset.messages.map((sms) => bubbleFacts(sms))
    : [{ sid: "none", empty: handset ? "No text messages yet." : "No phone on file." }];
  const tall = list.scrollHeight;
  keyed(list, items, (item) => item.sid, (item) => (item.empty ? h("li", { class: "nothing" }, item.empty) : bubble(item)));
  if (atEnd && (changed || tall !== list.scrollHeight)) list.scrollTop = list.scrollHeight;
}

/** Only what is shown: anything else that changes must not draw the bubble anew. */
function bubbleFacts({ sid, direction, body, at, status, shown, error_code: code, segments }) {
  return { sid, mine: direction === "inbound", body, at, status, shown, code, segments };
}

function bubble(item) {
  const [sign, word] = OUTCOMES[item.status] ?? ["", item.status];
  const failed = sign === "✕";
  const told = item.mine
    ? ""
    : h(
        "span",
        { class: failed ? "failed" : "" },
        `${sign} ${word}${item.code ? ` (error ${item.code})` : ""}${item.segments > 1 ? ` · ${item.segments} segments` : ""}`,
      );
  return h(
    "li",
    { class: `bubble ${item.mine ? "mine" : "theirs"}${item.shown ? "" : " unseen"}` },
    h("p", {}, item.body),
    h("small", {}, h("time", { datetime: item.at }, timeOfDay(item.at, zone)), told),
  );
}

function suggest(handset) {
  const last = handset?.messages.filter((sms) => sms.shown && sms.direction !== "inbound").at(-1);
  const found = [...(last?.body ?? "").matchAll(/\b(ACK|PASS|UNDO) ?(\d{4,6})\b/g)].map((m) => `${m[1]} ${m[2]}`);
  const items = [...new Set(found)].map((text) => ({ text }));
  keyed(byId("suggestions"), items, (item) => item.text, ({ text }) =>
    h("button", { type: "button", class: "hint-key", onclick: () => send(text) }, text));
}

async function send(body) {
  if (phone) await act({ do: "sms", from: phone.number, body });
}

/** Wire the reply box, once. */
export function startPhone() {
  byId("reply").addEventListener("submit", (event) => {
    event.preventDefault();
    const input = byId("reply-text");
    const body = input.value.trim();
    if (!body) return;
    input.value = "";
    send(body);
  });
}
