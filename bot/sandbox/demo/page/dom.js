// Elements without HTML text: whatever a report or a person wrote can only ever become a text node.

const SVG = "http://www.w3.org/2000/svg";

/** An element; `svg:` before the tag makes one of a drawing. Properties that begin with `on` are listeners. */
export function h(tag, properties, ...children) {
  const node = tag.startsWith("svg:")
    ? document.createElementNS(SVG, tag.slice(4))
    : document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined) continue;
    if (name.startsWith("aria-")) node.setAttribute(name, String(value));
    else if (value === false) continue;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter(isShown));
  return node;
}

function isShown(child) {
  return child !== null && child !== undefined && child !== false && child !== "";
}

export const byId = (id) => document.getElementById(id);

/** Change a text only where it differs, so that nothing is selected away or read aloud again. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Make `parent` show `items`, keeping every node whose item has not changed: focus, scroll and
 * what is half typed stay where they are. `make(item)` builds a node.
 */
export function keyed(parent, items, keyOf, make) {
  const before = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  const first = before.size === 0;
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    const old = before.get(key);
    const node = current(old, item, key, make);
    if (!old && !first) node.classList.add("fresh");
    before.delete(key);
    if (old && node !== old) {
      if (place === old) place = node;
      replaceKeepingFocus(old, node);
    }
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  for (const gone of before.values()) gone.remove();
}

const signatures = new WeakMap();

function current(old, item, key, make) {
  const signature = JSON.stringify(item);
  if (old && signatures.get(old) === signature) return old;
  const node = make(item);
  node.dataset.key = key;
  signatures.set(node, signature);
  return node;
}

function replaceKeepingFocus(old, node) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const name = focused?.dataset.focus;
  old.replaceWith(node);
  if (focused === old) node.focus();
  else if (name) [...node.querySelectorAll("[data-focus]")].find((n) => n.dataset.focus === name)?.focus();
}

/** Say something for a moment to whoever looks, and to whoever listens. */
export function toast(text) {
  const node = h("p", { class: "toast" }, text);
  byId("toasts").append(node);
  setTimeout(() => node.remove(), 6000);
}

export function announce(text) {
  byId("announce").textContent = text;
}
