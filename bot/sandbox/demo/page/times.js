// One time everywhere: the bot's. It runs on from the last move of its clock.

let moved = { moved: Date.now() / 1000, real: Date.now() / 1000, rate: 1 };

export function setClock(clock) {
  moved = clock;
}

/** What the bot takes for now, in milliseconds since 1970. */
export function botNow() {
  return (moved.moved + (Date.now() / 1000 - moved.real) * moved.rate) * 1000;
}

export const botRate = () => moved.rate;

const formats = new Map();

function format(zone, options) {
  const key = zone + JSON.stringify(options);
  if (!formats.has(key)) {
    formats.set(key, new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options }));
  }
  return formats.get(key);
}

export const clockTime = (at, zone) =>
  format(zone, { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(new Date(at));

export const dayOf = (at, zone) =>
  format(zone, { weekday: "short", day: "numeric", month: "short" }).format(new Date(at));

/** The time of day, with the weekday where it is not today's. */
export function timeOfDay(at, zone) {
  const time = format(zone, { hour: "2-digit", minute: "2-digit" }).format(new Date(at));
  if (dayOf(at, zone) === dayOf(botNow(), zone)) return time;
  return `${format(zone, { weekday: "short" }).format(new Date(at))} ${time}`;
}

/** A length of time as two numbers that can be read at a glance: 42:10, 3 h 05, 2 d 4 h. */
export function glance(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const minutes = Math.floor(seconds / 60);
  const two = (n) => String(n).padStart(2, "0");
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${two(minutes % 60)}`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A length of time in words. */
export function spoken(milliseconds) {
  const minutes = Math.round(Math.abs(milliseconds) / 60000);
  if (minutes < 1) return "under a minute";
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
}

/** The instant (seconds since 1970) at which a zone's clocks show this `YYYY-MM-DDTHH:MM`. */
export function instantOf(local, zone) {
  const wanted = Date.parse(`${local}:00Z`);
  let at = wanted;
  for (let i = 0; i < 2; i += 1) at += wanted - Date.parse(`${localOf(at, zone)}:00Z`);
  return at / 1000;
}

/** An instant (milliseconds) as `YYYY-MM-DDTHH:MM` in the zone. */
export function localOf(at, zone) {
  const options = {
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
  };
  const parts = Object.fromEntries(
    format(zone, options).formatToParts(new Date(at)).map((part) => [part.type, part.value]),
  );
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
}
