// Slack's mrkdwn as nodes. https://docs.slack.dev/messaging/formatting-message-text

import { h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { timeOfDay } from "./times.js";

const MARKS = { "*": "strong", _: "em", "~": "s" };
const TOKEN = /```([\s\S]+?)```|`([^`\n]+)`|<([^<>\n]+)>|(?<![\w*_~])([*_~])(?=\S)([^\n]*?\S)\4(?![\w*_~])/g;

/** Text with marks; `reader` has names (by user id) and zone. */
export function mrkdwn(text, reader) {
  return text.split("\n").reduce((lines, line) => {
    if (lines.length && !(lines.at(-1) instanceof HTMLQuoteElement)) lines.push(h("br"));
    const quoted = /^(&gt;|>) ?/.exec(line);
    const nodes = inline(quoted ? line.slice(quoted[0].length) : line, reader);
    if (!quoted) lines.push(...nodes);
    else lines.push(h("blockquote", {}, nodes));
    return lines;
  }, []);
}

/** Text that Slack shows as it is, but for emoji names. */
export function plainText(text) {
  return text.split("\n").flatMap((line, i) => (i ? [h("br"), withEmoji(line)] : [withEmoji(line)]));
}

function inline(text, reader) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(TOKEN)) {
    nodes.push(unescaped(text.slice(from, found.index)));
    nodes.push(marked(found, reader));
    from = found.index + found[0].length;
  }
  nodes.push(unescaped(text.slice(from)));
  return nodes;
}

function marked([, block, code, angle, mark, inside], reader) {
  if (block ?? code) return h("code", {}, unescaped(block ?? code));
  if (angle) return angled(angle, reader);
  return h(MARKS[mark], {}, inline(inside, reader));
}

function angled(inside, reader) {
  const bar = inside.indexOf("|");
  const target = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? "" : inside.slice(bar + 1);
  if (target.startsWith("@")) {
    return h("span", { class: "mention" }, `@${reader.names[target.slice(1)] ?? target.slice(1)}`);
  }
  if (target.startsWith("!date^")) return dated(target, label, reader);
  if (/^(https?|mailto|tel):/.test(target)) {
    return h("a", { href: target, rel: "noreferrer noopener", target: "_blank" }, unescaped(label || target));
  }
  return unescaped(label || target);
}

function dated(target, fallback, reader) {
  const seconds = Number(target.split("^")[1]);
  return Number.isFinite(seconds) ? timeOfDay(seconds * 1000, reader.zone) : unescaped(fallback);
}

function unescaped(text) {
  return withEmoji(text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"));
}
