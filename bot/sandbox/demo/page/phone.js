// One person's phone: SMS and calls from Readback's number, and what the carrier says of each.

import { act } from "./api.js";
import { byId, h, keyed, setText } from "./dom.js";
import { withEmoji } from "./emoji.js";
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

const CALLS = {
  "no-answer": "not answered", busy: "busy", failed: "failed", completed: "ended",
  "in-progress": "speaking now", ringing: "ringing",
};
const ANSWERING = ["no answer", "picks up", "voicemail"];
const ANSWERS = { "no answer": "Calls: let them ring", "picks up": "Calls: pick up", voicemail: "Calls: voicemail" };

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
  const all = [...(handset?.messages ?? []), ...(handset?.calls ?? [])].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const items = all.length
    ? all.map((each) => (each.heard ? callFacts(each) : bubbleFacts(each)))
    : [{ sid: "none", empty: handset ? "No text messages yet." : "No phone on file." }];
  const tall = list.scrollHeight;
  keyed(list, items, (item) => item.sid, drawn);
  if (atEnd && (changed || tall !== list.scrollHeight)) list.scrollTop = list.scrollHeight;
}

function drawn(item) {
  if (item.empty) return h("li", { class: "nothing" }, item.empty);
  return item.heard === undefined ? bubble(item) : callBubble(item);
}

const callFacts = ({ sid, at, status, heard }) => ({ sid, at, status, heard: heard.join(" ") });

function callBubble(item) {
  return h(
    "li",
    { class: `bubble theirs call${item.heard ? "" : " unseen"}` },
    h("p", {}, withEmoji(`📞 ${item.heard || "A call from Readback"}`)),
    h("small", {}, h("time", { datetime: item.at }, timeOfDay(item.at, zone)), h("span", {}, CALLS[item.status] ?? item.status)),
  );
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
  const call = asking(handset);
  const keys = call ? keysOf(call, found) : [...new Set(found)].map((text) => ({ text, press: () => send(text) }));
  const items = handset ? [...keys, howToAnswer(handset)] : [];
  keyed(byId("suggestions"), items, (item) => item.text, ({ text, press }) =>
    h("button", { type: "button", class: "hint-key", onclick: press }, text));
}

const asking = (handset) => handset?.calls.find((call) => call.asks) ?? null;

/** What can be pressed in a call (`of` draws a key anew for another one): one key, or the code of the newest SMS. */
function keysOf(call, found) {
  const codes = [...new Set(found.map((text) => text.split(" ")[1]))].map((code) => [`${code} #`, `${code}#`]);
  const offered = call.asks === "key" ? [["1 acknowledge", "1"], ["2 cannot take it", "2"], ["3 again", "3"]] : codes;
  return [
    ...offered.map(([text, keys]) => ({ text, of: call.sid, press: () => act({ do: "keys", call: call.sid, keys }) })),
    { text: "Hang up", of: call.sid, press: () => act({ do: "hang_up", call: call.sid }) },
  ];
}

function howToAnswer(handset) {
  const next = ANSWERING[(ANSWERING.indexOf(handset.answering) + 1) % ANSWERING.length];
  const text = ANSWERS[handset.answering] ?? handset.answering;
  return { text, of: handset.number, press: () => act({ do: "answers", number: handset.number, how: next }) };
}

/** Digits typed while a call asks for them are its keys; anything else is an SMS. */
async function send(body) {
  if (!phone) return;
  const call = asking(phone);
  if (call && /^[0-9*#]+$/.test(body)) await act({ do: "keys", call: call.sid, keys: body });
  else await act({ do: "sms", from: phone.number, body });
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
