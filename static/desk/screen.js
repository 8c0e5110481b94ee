// What only this screen knows: theme, sound, what is open, what was said last, where the focus goes.
// Nothing here is known to the server.
import { signal } from "../kit/preact.js";
import { t } from "../kit/i18n.js";
import * as sound from "../kit/sound.js";
import * as theme from "../kit/theme.js";

const NOTICE_MS = 8000;
const PREFIX = "desk.";

export class Screen {
  constructor(storage) {
    this.storage = storage;
    this.visible = signal(!document.hidden);
    this.notice = signal(null);
    this.spoken = signal("");
    this.palette = signal(null);
    this.help = signal(false);
    this.statusOpen = signal(false);
    this.panelOpen = signal(this.kept("panel") !== "folded");
    this.singleKeys = signal(this.kept("keys") !== "off");
    this.column = signal("chats");
    this.muted = signal(sound.muted());
    this.heard = signal(false);
    this.theme = signal(theme.apply());
    this.composers = new Map();
    this.forms = new Map();
  }

  kept(name) {
    try {
      return this.storage?.getItem(PREFIX + name) ?? null;
    } catch {
      return null;
    }
  }

  keep(name, value) {
    try {
      this.storage?.setItem(PREFIX + name, value);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  }

  // ---- what is open ----

  openPalette() {
    this.help.value = false;
    this.palette.value ??= { from: document.activeElement };
  }

  closePalette() {
    this.palette.value = null;
  }

  toggleHelp(on = !this.help.peek()) {
    this.help.value = on;
  }

  toggleStatus(on = !this.statusOpen.peek()) {
    this.statusOpen.value = on;
  }

  togglePanel() {
    this.panelOpen.value = !this.panelOpen.peek();
    this.keep("panel", this.panelOpen.peek() ? "open" : "folded");
  }

  setSingleKeys(on) {
    this.singleKeys.value = on;
    this.keep("keys", on ? "on" : "off");
  }

  nextTheme() {
    this.theme.value = theme.toggle();
  }

  // ---- sound ----

  toggleSound() {
    this.muted.value = sound.mute(!this.muted.peek());
    if (!this.muted.peek()) this.testSound();
  }

  async testSound() {
    this.heard.value = await sound.chime({ force: true });
    if (!this.heard.peek()) this.say(t("The browser did not play the sound. Click anywhere and try again."), "bad");
  }

  // ---- what is said ----

  say(text, kind) {
    const notice = { text, kind };
    this.notice.value = notice;
    setTimeout(() => { if (this.notice.peek() === notice) this.notice.value = null; }, NOTICE_MS);
  }

  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.say(t("Copied."), "good");
    } catch {
      this.say(t("The browser did not allow copying. Select the text and copy it."), "bad");
    }
  }

  // ---- where the focus goes ----

  focusComposer(conv) {
    requestAnimationFrame(() => this.composers.get(conv)?.focus());
  }

  registerComposer(conv, composer) {
    return registered(this.composers, conv, composer);
  }

  registerForms(conv, toggle) {
    return registered(this.forms, conv, toggle);
  }
}

function registered(map, key, value) {
  map.set(key, value);
  return () => { if (map.get(key) === value) map.delete(key); };
}
