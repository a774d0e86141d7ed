// The modal on top of somebody's Slack: shown, filled in, submitted, closed.

import { act } from "./api.js";
import { blockNode } from "./blocks.js";
import { byId, h, toast } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { enteredIn } from "./fields.js";

let shown = { key: "", view: null, user: null, errors: {} };
let opener = null;
let left = null; // the view that this person has left: it goes with the next state, and takes nothing more

/** Show the person's top view, or none. What was typed stays when the bot changes the view. */
export function showModal(user, reader) {
  const view = user?.modals.at(-1) ?? null;
  const key = view ? `${user.id}/${view.id}/${view.hash}` : "";
  if (key === shown.key) return;
  const place = byId("modal");
  const same = view !== null && shown.view?.id === view.id;
  const entered = same ? enteredIn(place) : {};
  shown = { key, view, user, errors: same ? shown.errors : {} };
  draw(reader, entered);
}

function draw(reader, entered) {
  const place = byId("modal");
  const { view } = shown;
  place.hidden = view === null;
  if (view === null) {
    place.replaceChildren();
    if (opener?.isConnected) opener.focus({ preventScroll: true });
    opener = null;
    return;
  }
  if (!place.contains(document.activeElement)) opener = document.activeElement;
  place.replaceChildren(dialog(view, { ...reader, entered, errors: shown.errors, press: press(view) }));
  const wrong = place.querySelector(".field-error")?.parentElement;
  (wrong ?? place).querySelector("input, textarea, select, .modal button")?.focus({ preventScroll: true });
}

function dialog(view, reader) {
  const form = h(
    "form",
    { class: "modal", role: "dialog", "aria-labelledby": "modal-title", novalidate: true },
    h(
      "header",
      {},
      h("h3", { id: "modal-title" }, withEmoji(view.title.text)),
      h("button", { type: "button", class: "quiet", "aria-label": "Close", onclick: close }, "×"),
    ),
    h("div", { class: "modal-body" }, view.blocks.map((block) => blockNode(block, reader))),
    h(
      "footer",
      {},
      h("button", { type: "button", onclick: close }, view.close?.text ?? "Cancel"),
      view.submit ? h("button", { type: "submit", class: "primary" }, view.submit.text) : "",
    ),
  );
  form.addEventListener("submit", (event) => submit(event, form, reader));
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  return form;
}

function press(view) {
  return (block, element, value) =>
    act({
      do: "click", user: shown.user.id, view_id: view.id, block_id: block.block_id,
      action_id: element.action_id, value,
    });
}

async function submit(event, form, reader) {
  event.preventDefault();
  const { view, user } = shown;
  const values = enteredIn(form);
  const button = form.querySelector("button[type=submit]");
  if (button?.hasAttribute("aria-busy")) return; // Slack's own client sends no second one either
  button?.setAttribute("aria-busy", "true");
  const answer = await act({ do: "submit", user: user.id, view_id: view.id, values });
  button?.removeAttribute("aria-busy");
  if (answer?.error) toast(`Slack shows: ${answer.error}`);
  if (answer?.outcome === "errors" && shown.view?.id === view.id) {
    shown.errors = answer.errors;
    draw(reader, values);
  } else {
    shown.errors = {};
  }
}

async function close() {
  const { view, user } = shown;
  if (left === view.id) return;
  left = view.id;
  if ((await act({ do: "close", user: user.id, view_id: view.id })) === null) left = null;
}
