// Which command a key press means. No Alt and no AltGr anywhere: on Nordic, Dutch and Russian
// layouts those type letters and signs.

// event: a KeyboardEvent or {key, ctrlKey, metaKey, shiftKey, altKey}; typing: the focus is in a
// field. Returns the name of a command or null.
export function commandOf(event, typing) {
  if (event.altKey || event.isComposing || event.getModifierState?.("AltGraph")) return null;
  const ctrl = event.ctrlKey || event.metaKey;
  const { key, code, shiftKey: shift } = event;
  // Cyrillic layouts give "л" for the K key: the place of the key decides as well as its letter.
  if (ctrl && !shift && (key === "k" || key === "K" || code === "KeyK")) return "palette";
  if (ctrl && !shift && key === "ArrowUp") return "previous";
  if (ctrl && !shift && key === "ArrowDown") return "next";
  if (ctrl && shift && key === "Enter") return "note";
  if (ctrl) return null;
  if (key === "F2" && !shift) return "accept";
  if (key === "F8" && !shift) return "waiting";
  if (key === "F9" && !shift) return "status";
  if (key === "Escape") return "escape";
  if (key === "?" && !typing) return "help";
  return null;
}

export function isTyping(element) {
  if (!element) return false;
  return element.isContentEditable === true
    || ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName);
}

// Enter sends, Shift+Enter is a new line; an Enter that ends an input method's word does neither.
export function sends(event) {
  return event.key === "Enter" && !event.shiftKey && !event.altKey && !event.ctrlKey
    && !event.metaKey && !event.isComposing && event.keyCode !== 229;
}
