// One person's direct messages from Readback, and their slash commands.

import { act } from "./api.js";
import { blockNode } from "./blocks.js";
import { byId, h, keyed, setText, toast } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { showModal } from "./modal.js";
import { mrkdwn } from "./mrkdwn.js";
import { nameAndZone } from "./people.js";
import { clockTime, timeOfDay } from "./times.js";

let user = null;
let shownFor = "";

export function showSlack(state, who, account) {
  user = account;
  setText(byId("slack-whose"), who ? `of ${nameAndZone(state, who)}` : "");
  byId("command").hidden = account === null;
  const reader = readerOf(state, account, who);
  drawMessages(account, who, reader);
  hints(state);
  showModal(account, reader);
}

function readerOf(state, account, who) {
  const names = Object.fromEntries(state.slack.map((each) => [each.id, each.name]));
  return { names, zone: account?.tz ?? who?.tz ?? "UTC" };
}

function drawMessages(account, who, reader) {
  const list = byId("messages");
  const changed = shownFor !== (who?.id ?? "");
  const atEnd = changed || list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  if (changed) list.replaceChildren();
  shownFor = who?.id ?? "";
  const items = account?.messages.length ? account.messages : [{ ts: "none", empty: emptyText(account, who) }];
  const tall = list.scrollHeight;
  keyed(list, items, (item) => item.ts, (item) => (item.empty ? nothing(item.empty) : message(item, account, reader)));
  if (atEnd && (changed || tall !== list.scrollHeight)) list.scrollTop = list.scrollHeight;
}

function emptyText(account, who) {
  if (account === null && who) return `${who.name} has no Slack account: pages come by SMS alone.`;
  return "No messages yet. Send a report to page somebody.";
}

const nothing = (text) => h("li", { class: "nothing" }, text);

function message(item, account, reader) {
  const press = async (block, element, value) => {
    const answer = await act({
      do: "click", user: account.id, ts: item.ts, block_id: block.block_id,
      action_id: element.action_id, value,
    });
    if (answer?.error) toast(`Slack shows: ${answer.error}`);
  };
  const shown = { ...reader, press };
  const body = item.blocks.length
    ? item.blocks.map((block) => blockNode(block, shown))
    : h("p", {}, mrkdwn(item.text, shown));
  return h(
    "li",
    { class: `message${item.ephemeral ? " ephemeral" : ""}${item.thread_ts ? " reply-in-thread" : ""}` },
    h("img", { src: "page/mark.svg", alt: "", width: 36, height: 36 }),
    h(
      "div",
      { class: "message-body" },
      item.ephemeral ? h("p", { class: "only-you" }, withEmoji("👁 Only visible to you")) : "",
      h(
        "p",
        { class: "message-head" },
        h("strong", {}, "Readback"),
        h("span", { class: "app" }, "APP"),
        h("time", { datetime: item.at, title: clockTime(item.at, reader.zone) }, timeOfDay(item.at, reader.zone)),
        item.updated ? h("span", { class: "edited" }, "(edited)") : "",
      ),
      body,
    ),
  );
}

function hints(state) {
  const ref = state.alert?.ref;
  const commands = ["/readback open", ...(ref ? [`/readback show ${ref}`, `/readback called ${ref}`] : []), "/readback help"];
  keyed(byId("command-hints"), commands.map((text) => ({ text })), (item) => item.text, ({ text }) =>
    h("button", { type: "button", class: "hint-key", onclick: () => enter(text) }, text));
}

function enter(text) {
  const input = byId("command-text");
  input.value = text;
  input.focus();
}

/** Wire the command box, once. */
export function startSlack() {
  byId("command").addEventListener("submit", async (event) => {
    event.preventDefault();
    const input = byId("command-text");
    const [command, ...rest] = input.value.trim().split(/\s+/);
    if (!command || !user) return;
    if (!command.startsWith("/")) {
      toast("Readback reads no messages here: use a button, or a command such as /readback open");
      return;
    }
    input.value = "";
    const answer = await act({ do: "command", user: user.id, command, text: rest.join(" ") });
    if (answer?.error) toast(`Slack shows: ${answer.error}`);
  });
}
