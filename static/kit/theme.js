// Light, dark or as the system says; the choice is kept per browser where the browser allows it.
const KEY = "chatdesk.theme";
const ORDER = ["system", "light", "dark"];

export function chosen() {
  try {
    const kept = localStorage.getItem(KEY);
    return ORDER.includes(kept) ? kept : "system";
  } catch {
    return document.documentElement.dataset.theme || "system";
  }
}

// With a theme: chooses it and keeps the choice; without: applies what was chosen before.
export function apply(theme) {
  if (theme !== undefined) {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  }
  const shown = theme ?? chosen();
  if (shown === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = shown;
  return shown;
}

export function toggle() {
  return apply(ORDER[(ORDER.indexOf(chosen()) + 1) % ORDER.length]);
}

export function isDark() {
  const set = document.documentElement.dataset.theme;
  return set ? set === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}
