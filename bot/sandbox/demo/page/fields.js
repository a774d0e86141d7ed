// What can be filled in: Block Kit's elements as the browser's own controls.

import { h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { botNow, instantOf, localOf } from "./times.js";

const NATIVE = { datepicker: "date", timepicker: "time", number_input: "number", email_text_input: "email" };

/** The control of an element. `onchange(value)`, where given, hears of a change at once. */
export function field(block, element, reader, onchange) {
  const kept = reader.entered?.[block.block_id];
  const node = control(block, element, reader, kept);
  node.dataset.block = block.block_id;
  node.dataset.kind = element.type;
  node.dataset.zone = reader.zone;
  if (reader.described) node.setAttribute("aria-describedby", reader.described);
  if (onchange) node.addEventListener("change", () => onchange(valueOf(node)));
  return node;
}

function control(block, element, reader, kept) {
  const common = { id: `in-${block.block_id}`, "data-focus": `in-${block.block_id}` };
  switch (element.type) {
    case "radio_buttons":
    case "checkboxes":
      return choices(block, element, kept);
    case "static_select":
      return select(element, common, kept ?? element.initial_option?.value);
    case "datetimepicker": {
      const at = kept ? kept * 1000 : (element.initial_date_time ?? botNow() / 1000) * 1000;
      return h("input", { ...common, type: "datetime-local", value: localOf(at, reader.zone) });
    }
    default:
      return text(element, common, kept);
  }
}

function text(element, common, kept) {
  const value = kept ?? element.initial_value ?? element.initial_date ?? element.initial_time ?? "";
  const properties = {
    ...common,
    maxlength: element.max_length,
    placeholder: element.placeholder?.text,
    autocomplete: "off",
  };
  if (element.multiline) return h("textarea", { ...properties, rows: 3 }, value);
  return h("input", { ...properties, type: NATIVE[element.type] ?? "text", value });
}

function choices(block, element, kept) {
  const kind = element.type === "checkboxes" ? "checkbox" : "radio";
  const initial = element.initial_options ?? (element.initial_option ? [element.initial_option] : []);
  const chosen = kept ? [kept].flat() : initial.map((option) => option.value);
  return h(
    "div",
    { class: "choices" },
    element.options.map((option) =>
      h(
        "label",
        {},
        h("input", {
          type: kind,
          name: block.block_id,
          value: option.value,
          checked: chosen.includes(option.value),
          "data-focus": `in-${block.block_id}-${option.value}`,
        }),
        h("span", {}, withEmoji(option.text.text)),
        option.description ? h("small", {}, option.description.text) : "",
      ),
    ),
  );
}

function select(element, common, chosen) {
  const options = element.options ?? element.option_groups?.flatMap((group) => group.options) ?? [];
  return h(
    "select",
    common,
    h("option", { value: "" }, element.placeholder?.text ?? "Choose…"),
    options.map((o) => h("option", { value: o.value, selected: o.value === chosen }, o.text.text)),
  );
}

/** What is entered in a control, as the stand-in's act takes it: null for nothing. */
export function valueOf(node) {
  switch (node.dataset.kind) {
    case "radio_buttons":
      return node.querySelector(":checked")?.value ?? null;
    case "checkboxes":
      return [...node.querySelectorAll(":checked")].map((box) => box.value);
    case "datetimepicker":
      return node.value ? instantOf(node.value, node.dataset.zone) : null;
    default:
      return node.value || null;
  }
}

/** Everything entered under `root`, by block id. */
export function enteredIn(root) {
  const nodes = [...root.querySelectorAll("[data-block]")];
  return Object.fromEntries(nodes.map((node) => [node.dataset.block, valueOf(node)]));
}
