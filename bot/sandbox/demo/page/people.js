// Whose screens are shown, and what each person has not seen yet.

import { byId, h, keyed } from "./dom.js";
import { phoneTrouble } from "./trouble.js";

const seen = { slack: new Map(), sms: new Map() };
let chosen = null;
let following = true;

/** The person whose screens are shown: the alert's owner until somebody else is chosen. */
export function person(state) {
  const owner = state.alert?.state === "open" ? state.alert.owner_id : null;
  if (following && owner && state.people.some((each) => each.id === owner)) chosen = owner;
  return state.people.find((each) => each.id === chosen) ?? state.people[0] ?? null;
}

/** The person's name, and their time zone where it is not the hospital's. */
export function nameAndZone(state, who) {
  const city = who.tz.split("/").at(-1).replace("_", " ");
  return who.tz === state.site.zone ? who.name : `${who.name} (${city} time)`;
}

export const slackOf = (state, who) => state.slack.find((user) => user.id === who?.slack) ?? null;
export const phoneOf = (state, who) => state.phones.find((phone) => phone.number === who?.mobile) ?? null;

const pagesOf = (user) => user?.messages.filter((message) => !message.ephemeral) ?? [];
const textsOf = (phone) => phone?.messages.filter((sms) => sms.shown && sms.direction !== "inbound") ?? [];

export function unread(state, who) {
  return {
    slack: pagesOf(slackOf(state, who)).length - (seen.slack.get(who.id) ?? 0),
    sms: textsOf(phoneOf(state, who)).length - (seen.sms.get(who.id) ?? 0),
  };
}

/** The person's panel of this kind ("slack", "sms") is before somebody's eyes now. */
export function markSeen(state, who, kind) {
  const all = kind === "slack" ? pagesOf(slackOf(state, who)) : textsOf(phoneOf(state, who));
  seen[kind].set(who.id, all.length);
}

export function showPeople(state, who, redraw) {
  const items = state.people.map((each) => ({
    id: each.id,
    name: each.name,
    role: roleOf(state, each),
    trouble: phoneTrouble(phoneOf(state, each)),
    unread: sum(unread(state, each)),
    chosen: each.id === who?.id,
  }));
  keyed(byId("people"), items, (item) => item.id, (item) => personKey(item, redraw));
  keyed(byId("follow"), [{ following }], () => "follow", () => followKey(redraw));
}

const sum = (counts) => counts.slack + counts.sms;

function roleOf(state, each) {
  if (state.alert?.state === "open" && each.id === state.alert.owner_id) return "owner now";
  return each.roles[0] ?? "";
}

function personKey(item, redraw) {
  const label = [item.name, item.role, item.trouble, item.unread ? `${item.unread} new` : ""].filter(Boolean).join(", ");
  return h(
    "button",
    {
      type: "button",
      class: `person${item.role === "owner now" ? " owns" : ""}`,
      "aria-pressed": item.chosen,
      "aria-label": label,
      title: label,
      onclick: () => {
        following = false;
        chosen = item.id;
        redraw();
      },
    },
    avatar(item.name),
    h("span", { class: "person-name" }, shortName(item.name).split(" ").at(-1)),
    item.trouble ? h("span", { class: "gone" }, `⊘ ${item.trouble}`) : "",
    item.unread ? h("span", { class: "count" }, item.unread) : "",
  );
}

function followKey(redraw) {
  return h(
    "button",
    {
      type: "button",
      class: "follow",
      "aria-pressed": following,
      title: "Show the Slack and the phone of whoever owns the alert",
      onclick: () => {
        following = !following;
        redraw();
      },
    },
    "Follow the owner",
  );
}

const TITLES = /^(Dr\.|Prof\.) |,? (RN|MD|PA)$/g;

export const shortName = (name) => name.replace(TITLES, "");

export function avatar(name) {
  const initials = shortName(name).split(" ").map((word) => word[0]).slice(0, 2).join("");
  const hue = [...name].reduce((total, letter) => total + letter.codePointAt(0) * 7, 0) % 6;
  return h("span", { class: `avatar hue-${hue}`, "aria-hidden": "true" }, initials);
}
