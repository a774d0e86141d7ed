// The page: follows the state, and gives each panel its part of it.

import { showAlert, tickAlert } from "./alert.js";
import { follow, post } from "./api.js";
import { showClock, startClock, tickClock } from "./clock.js";
import { announce, byId, h, setText } from "./dom.js";
import { markSeen, person, phoneOf, showPeople, slackOf, unread } from "./people.js";
import { showPhone, startPhone, tickPhone } from "./phone.js";
import { startReports } from "./reports.js";
import { showSlack, startSlack } from "./slack.js";
import { startTheme } from "./theme.js";
import { setClock } from "./times.js";
import { showTrouble, startTrouble } from "./trouble.js";

const state = {
  site: { zone: "America/Chicago" }, people: [], alerts: [], alert: null, slack: [], phones: [],
  bot: { state: "starting", log: [] },
};
const panels = document.querySelector(".panels");
const narrow = matchMedia("(max-width: 759px)");
let heard = new Map();

function choose(ref) {
  follow(ref, take, lost);
}

function take(parts) {
  Object.assign(state, parts);
  if (parts.clock) {
    setClock(parts.clock);
    showClock();
  }
  if (parts.slack || parts.phones) tellNews(parts);
  if (parts.bot) showBot();
  draw();
}

function lost() {
  state.bot = { state: "lost", log: [] };
  showBot();
}

function draw() {
  const who = person(state);
  if (who && isBefore("slack")) markSeen(state, who, "slack");
  if (who && isBefore("phone")) markSeen(state, who, "sms");
  showPeople(state, who, draw);
  showSlack(state, who, slackOf(state, who));
  showPhone(state, who, phoneOf(state, who));
  showTrouble(state, phoneOf(state, who));
  showAlert(state, state.site.zone, choose);
  showCounts();
}

const isBefore = (tab) => !document.hidden && (!narrow.matches || panels.dataset.tab === tab);

function showCounts() {
  const all = state.people.map((who) => unread(state, who));
  showCount("slack", all.reduce((total, each) => total + each.slack, 0));
  showCount("phone", all.reduce((total, each) => total + each.sms, 0));
}

function showCount(tab, number) {
  const node = document.querySelector(`.tabs [data-tab=${tab}] .count`);
  node.hidden = number === 0;
  setText(node, String(number));
}

/** New pages, told once to whoever listens. */
function tellNews() {
  const now = new Map([
    ...state.slack.map((user) => [user.name, user.messages.length]),
    ...state.phones.map((phone) => [phone.number, phone.messages.length]),
  ]);
  const news = state.slack.filter((user) => heard.size && now.get(user.name) > (heard.get(user.name) ?? 0));
  if (news.length) {
    announce(news.map((user) => `New Slack message for ${user.name}: ${user.messages.at(-1).text}`).join(". "));
  }
  heard = now;
}

const LAMPS = {
  running: "Bot running", starting: "Bot starting", stopped: "Bot stopped", lost: "Demo stopped",
};

function showBot() {
  const { state: name, log } = state.bot;
  const lamp = byId("bot-state");
  lamp.dataset.state = name;
  setText(lamp, LAMPS[name]);
  const banner = byId("bot-stopped");
  banner.hidden = !["stopped", "lost"].includes(name);
  banner.replaceChildren(...(banner.hidden ? [] : stopped(name, log)));
}

function stopped(name, log) {
  if (name === "lost") return [h("p", {}, h("b", {}, "The demo has ended."), " Start it again in the terminal.")];
  return [
    h("p", {}, h("b", {}, "The bot has stopped."), " Reports are refused and nobody is paged until it runs again."),
    h("button", { type: "button", onclick: () => post("api/bot", {}) }, "Start it again"),
    h("details", {}, h("summary", {}, "The last lines of its log"), h("pre", {}, log.join("\n"))),
  ];
}

function startTabs() {
  for (const key of document.querySelectorAll(".tabs [data-tab]")) {
    key.addEventListener("click", () => {
      panels.dataset.tab = key.dataset.tab;
      for (const other of document.querySelectorAll(".tabs [data-tab]")) {
        other.setAttribute("aria-current", String(other === key));
      }
      draw();
    });
  }
}

function tick() {
  tickClock(state.site.zone);
  tickAlert();
  tickPhone();
}

startTheme();
startTabs();
startClock();
startSlack();
startPhone();
startTrouble();
startReports(() => state.site.zone, () => choose(""));
choose("");
setInterval(tick, 200);
