// The demo server: acts go by POST, the state comes as a stream of its changed parts.

import { toast } from "./dom.js";

/** Ask the server to do something; null, and a word to the person, where it refused. */
export async function post(path, body) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const told = await answer.json();
    if (answer.ok) return told;
    toast(told.error ?? "That did not work");
  } catch {
    toast("The demo is not running any more");
  }
  return null;
}

export const act = (what) => post("api/act", what);

let source = null;

/** Follow the state, with all of the alert of this ref ("" for the newest). */
export function follow(ref, onParts, onLost) {
  source?.close();
  source = new EventSource(`api/stream?alert=${encodeURIComponent(ref)}`);
  source.onmessage = (event) => onParts(JSON.parse(event.data));
  source.onerror = onLost;
}
