// Light or dark: the system's choice until somebody makes their own.

import { byId } from "./dom.js";

const dark = matchMedia("(prefers-color-scheme: dark)");

export function startTheme() {
  const key = byId("theme");
  show(key, kept() ?? (dark.matches ? "dark" : "light"));
  key.addEventListener("click", () => {
    const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    keep(next);
    show(key, next);
  });
  dark.addEventListener("change", () => {
    if (!kept()) show(key, dark.matches ? "dark" : "light");
  });
}

function show(key, theme) {
  document.documentElement.dataset.theme = theme;
  key.setAttribute("aria-pressed", String(theme === "dark"));
}

// Private windows may refuse to keep anything.
function kept() {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null;
  }
}

function keep(theme) {
  try {
    localStorage.setItem("theme", theme);
  } catch {
    return;
  }
}
