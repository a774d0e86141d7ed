// Block Kit as Slack shows it: the block types that Readback sends, and a word for any other.

import { h, toast } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { field } from "./fields.js";
import { mrkdwn, plainText } from "./mrkdwn.js";

/**
 * One block as a node. `reader`: names, zone, `press(block, element, value)` for what acts at
 * once, `errors` by block id in a modal.
 */
export function blockNode(block, reader) {
  switch (block.type) {
    case "header":
      return h("h4", { class: "b-header" }, plainText(block.text.text));
    case "section":
      return section(block, reader);
    case "context":
      return h("div", { class: "b-context" }, block.elements.map((e) => h("span", {}, textOf(e, reader))));
    case "actions":
      return h("div", { class: "b-actions" }, block.elements.map((e) => interactive(block, e, reader)));
    case "divider":
      return h("hr");
    case "input":
      return input(block, reader);
    case "rich_text":
      return h("div", { class: "b-rich" }, block.elements.map((e) => rich(e, reader)));
    default:
      return h("p", { class: "b-context" }, block.alt_text ?? block.text ?? `(${block.type})`);
  }
}

function textOf(object, reader) {
  if (object.type === "mrkdwn") return mrkdwn(object.text, reader);
  return object.type === "plain_text" ? plainText(object.text) : object.alt_text ?? "";
}

function section(block, reader) {
  return h(
    "div",
    { class: "b-section" },
    h(
      "div",
      { class: "b-text" },
      block.text ? h("p", {}, textOf(block.text, reader)) : "",
      block.fields
        ? h("dl", { class: "b-fields" }, block.fields.map((f) => h("div", {}, textOf(f, reader))))
        : "",
    ),
    block.accessory ? interactive(block, block.accessory, reader) : "",
  );
}

function interactive(block, element, reader) {
  if (element.type === "image") return h("span", { class: "b-context" }, element.alt_text);
  if (element.type !== "button") {
    return field(block, element, reader, (value) => reader.press(block, element, value));
  }
  const button = h(
    "button",
    {
      type: "button",
      class: `b-button ${element.style ?? ""}`,
      "data-focus": `${block.block_id}/${element.action_id}`,
      "data-action": element.action_id,
    },
    withEmoji(element.text.text),
    element.url ? h("span", { class: "b-host" }, ` ↗ ${new URL(element.url).host}`) : "",
  );
  button.addEventListener("click", async () => {
    button.setAttribute("aria-busy", "true");
    await reader.press(block, element, element.value);
    button.removeAttribute("aria-busy");
    // The demo opens no page of anybody: it says what Slack would open.
    if (element.url) toast(`Slack opens ${element.url}`);
  });
  return button;
}

function input(block, reader) {
  const error = reader.errors?.[block.block_id];
  const grouped = ["radio_buttons", "checkboxes"].includes(block.element.type);
  const label = [withEmoji(block.label.text), block.optional ? h("small", {}, " (optional)") : ""];
  const inside = [
    field(block, block.element, { ...reader, described: error ? `error-${block.block_id}` : null }),
    block.hint ? h("p", { class: "hint" }, withEmoji(block.hint.text)) : "",
    error ? h("p", { class: "field-error", id: `error-${block.block_id}` }, `▲ ${error}`) : "",
  ];
  if (grouped) return h("fieldset", { class: "b-input" }, h("legend", {}, label), inside);
  return h("div", { class: "b-input" }, h("label", { for: `in-${block.block_id}` }, label), inside);
}

// ---- rich text ----

function rich(element, reader) {
  switch (element.type) {
    case "rich_text_list":
      return h(element.style === "ordered" ? "ol" : "ul", {}, element.elements.map((e) => h("li", {}, rich(e, reader))));
    case "rich_text_preformatted":
      return h("pre", {}, element.elements.map((e) => richInline(e, reader)));
    case "rich_text_quote":
      return h("blockquote", {}, element.elements.map((e) => richInline(e, reader)));
    default:
      return h("p", {}, element.elements.map((e) => richInline(e, reader)));
  }
}

function richInline(element, reader) {
  switch (element.type) {
    case "text":
      return styled(element);
    case "user":
      return h("span", { class: "mention" }, `@${reader.names[element.user_id] ?? element.user_id}`);
    case "emoji":
      return withEmoji(`:${element.name}:`);
    default:
      return element.text ?? element.url ?? "";
  }
}

function styled({ text, style = {} }) {
  const tags = { bold: "strong", italic: "em", strike: "s", code: "code" };
  return Object.entries(tags).reduce((node, [name, tag]) => (style[name] ? h(tag, {}, node) : node), text);
}
