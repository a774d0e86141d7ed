// What goes wrong at the press of a key: Slack is down, a phone is off or has no signal.

import { act } from "./api.js";
import { byId, setText } from "./dom.js";

const SLACK_DOWN = "Slack is unreachable: nothing arrives here, and no click reaches Readback.";
const RECONNECTING = "Readback is connecting to Slack again: a click arrives in a few seconds.";
const PHONES = {
  on: "",
  held: "No signal: the carrier keeps each SMS and sends no receipt, and no call rings.",
  off: "This phone is off: the carrier reports each SMS as not delivered, and no call rings.",
};
let number = "";

/** A phone that cannot be reached, in a word; empty for one that can. */
export const phoneTrouble = (handset) => ({ held: "no signal", off: "phone off" })[handset?.state] ?? "";

export function showTrouble(state, handset) {
  const down = state.links?.slack_down ?? false;
  byId("slack-down").setAttribute("aria-checked", String(down));
  const away = state.bot?.state === "running" && state.links?.slack === 0;
  tell("slack", down ? SLACK_DOWN : away ? RECONNECTING : "");
  number = handset?.number ?? "";
  byId("phone-state").hidden = !handset;
  for (const choice of choices()) choice.checked = choice.value === handset?.state;
  tell("phone", PHONES[handset?.state] ?? "");
}

function tell(panel, words) {
  const place = byId(`${panel}-trouble`);
  setText(place, words);
  place.closest(".panel").classList.toggle("in-trouble", words !== "");
  document.querySelector(`.tabs [data-tab=${panel}]`).classList.toggle("in-trouble", words !== "");
}

const choices = () => byId("phone-state").querySelectorAll("input");

/** Wire the switches, once. */
export function startTrouble() {
  byId("slack-down").addEventListener("click", (event) => {
    act({ do: "slack_down", down: event.currentTarget.getAttribute("aria-checked") !== "true" });
  });
  for (const choice of choices()) {
    choice.addEventListener("change", () => act({ do: "phone", number, state: choice.value }));
  }
}
