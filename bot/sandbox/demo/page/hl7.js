// HL7 v2 with its structure visible: the segment's name, its fields, the marks between them.

import { h } from "./dom.js";

export function hl7(text) {
  return h("pre", { class: "hl7" }, text.split("\n").filter(Boolean).map(segment));
}

function segment(line) {
  const [name, ...fields] = line.split("|");
  return h(
    "span",
    { class: `segment segment-${/^[A-Z0-9]{3}$/.test(name) ? name : "other"}` },
    h("b", {}, name),
    fields.flatMap((text, i) => [h("i", { title: `${name}-${i + (name === "MSH" ? 2 : 1)}` }, "|"), text]),
    "\n",
  );
}
