// Slack draws its own emoji, and a browser on a bare machine has no font for them: here they are pictures too.

import { h } from "./dom.js";

/** Those that emoji/ has a picture of. */
const DRAWN = "📞📒📥📝🔕🔐☎🔌🚨🌒❓⚠🧪✅❌➡⏰🔔⛔🔗⏪⌛↩⬇👁👀🔒⏳🔴🟡🟢ℹ✔🔄🕰";
const NAMES = {
  bell: "🔔", rotating_light: "🚨", warning: "⚠️", white_check_mark: "✅", heavy_check_mark: "✔️",
  x: "❌", no_entry: "⛔", arrow_right: "➡️", alarm_clock: "⏰", telephone_receiver: "📞", phone: "☎️",
  eyes: "👀", lock: "🔒", inbox_tray: "📥", ledger: "📒", hourglass_flowing_sand: "⏳",
  red_circle: "🔴", large_yellow_circle: "🟡", large_green_circle: "🟢", information_source: "ℹ️",
};
const ONE = new RegExp(`([${DRAWN}])\\uFE0F?`, "u");

/** The text as children for h(): emoji, and names of emoji between colons, as pictures. */
export function withEmoji(text) {
  const named = text.replace(/:([a-z_]+):/g, (all, name) => NAMES[name] ?? all);
  return named.split(ONE).map((part, place) => (place % 2 ? picture(part) : part));
}

function picture(emoji) {
  const name = emoji.codePointAt(0).toString(16);
  return h("img", { class: "emoji", src: `/page/emoji/${name}.svg`, alt: emoji, draggable: "false" });
}
