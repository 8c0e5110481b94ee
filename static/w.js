// The loader that a casino's page carries. It draws the launcher; the chat itself lives in a frame of
// our own origin, made on the first click. Until then: no request, no cookie, no socket, no storage.
(() => {
  "use strict";
  if (window.chatdesk?.v) return;
  const script = document.currentScript;
  const origin = new URL(script?.src || location.href).origin;
  const WORDS = {
    en: ["Chat with us", "Close the chat", "New messages"],
    nl: ["Chat met ons", "Chat sluiten", "Nieuwe berichten"],
    sv: ["Chatta med oss", "Stäng chatten", "Nya meddelanden"],
    fi: ["Keskustele kanssamme", "Sulje chat", "Uusia viestejä"],
    ru: ["Написать в чат", "Закрыть чат", "Новых сообщений"],
  };
  const CSS = `:host{all:initial}
button,iframe{box-sizing:border-box;position:fixed;z-index:2147483000;inset-inline-end:24px;border:1px solid transparent}
.left{inset-inline:24px auto}
button{inset-block-end:calc(24px + env(safe-area-inset-bottom));padding:0;width:56px;height:56px;border-radius:50%;background:var(--fill);color:var(--on);cursor:pointer;box-shadow:0 2px 12px #14171c40}
button:hover{box-shadow:0 2px 16px #14171c80}
button:focus-visible{outline:2px solid var(--fill);outline-offset:3px}
svg{display:block;margin:15px;fill:none;stroke:currentColor;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}
span{position:absolute;top:-4px;right:-4px;padding:0 5px;min-width:12px;border:2px solid #fff;border-radius:11px;background:#14171c;color:#fff;font:600 12px/18px system-ui,sans-serif}
iframe{inset-block-end:calc(92px + env(safe-area-inset-bottom));width:400px;height:min(640px,100dvh - 112px);border-radius:16px;background:Canvas;color-scheme:light dark;box-shadow:0 20px 56px #14171c40,0 0 0 1px #7f7f7f40;visibility:hidden;opacity:0;transition:opacity .2s}
.open{visibility:visible;opacity:1}
[hidden]{display:none}
@media(max-width:599px){iframe{inset:0;width:100%;height:100dvh;border:0;border-radius:0}.open+button{display:none}}
@media(prefers-reduced-motion){iframe{transition:none}}`;

  const phone = matchMedia("(max-width:599px)");
  const view = window.visualViewport;
  const options = { ...script?.dataset };
  const listeners = {};
  let host, button, icon, badge, frame, port, spoken, leaving, token, text;
  let isOpen, isHidden, isDead;
  let unread = 0;

  // Page storage is touched only once a chat was opened; where it is blocked, nothing is kept.
  const kept = (where, value) => {
    try {
      const store = window[`${where}Storage`];
      const key = `chatdesk.${options.brand}`;
      if (value === "") store.removeItem(key);
      else if (value) store.setItem(key, value);
      return store.getItem(key);
    } catch {
      return null;
    }
  };

  const tell = (message) => port?.postMessage(message);

  const emit = (event, detail) => {
    for (const listener of [...(listeners[event] || [])]) {
      try { listener(detail); } catch (error) { console.error(error); }
    }
  };

  // As the page says, else as the player's token says, else as the page itself is written.
  const language = () => {
    let claimed;
    try { claimed = JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).lang; } catch { /* none */ }
    return String(options.lang || claimed || document.documentElement.lang || navigator.language).toLowerCase();
  };

  // White on the brand's colour if that can be read, else ink.
  const textOn = (colour) => {
    const [r, g, b] = [1, 3, 5].map((at) => (parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b < 0.183 ? "#fff" : "#14171c";
  };

  function paint() {
    if (!host) return;
    const [chat, close, news] = WORDS[language().slice(0, 2)] || WORDS.en;
    const colour = /^#[0-9a-f]{6}$/i.test(options.colour) ? options.colour : "#0B6B66";
    host.style.setProperty("--fill", colour);
    host.style.setProperty("--on", textOn(colour));
    button.title = isOpen ? close : chat;
    button.ariaLabel = isOpen || !unread ? button.title : `${chat}. ${news}: ${unread}`;
    button.ariaExpanded = Boolean(isOpen);
    button.className = options.side;
    button.hidden = isHidden && !isOpen;
    icon.setAttribute("d", isOpen ? "m6 9 6 6 6-6" : "M5 5h14q2 0 2 2v8q0 2-2 2h-8l-5 4v-4H5q-2 0-2-2V7q0-2 2-2zm3 4h8m-8 4h5");
    badge.hidden = isOpen || !unread;
    badge.textContent = unread > 99 ? "99+" : unread;
    if (!frame) return;
    frame.title = chat;
    frame.className = `${options.side || ""}${isOpen ? " open" : ""}`;
    fit();
  }

  // With its keyboard open a phone shows less than the page thinks; the frame takes what is seen.
  function fit() {
    if (!frame || !view) return;
    const full = isOpen && phone.matches;
    frame.style.height = full ? `${view.height}px` : "";
    frame.style.top = full ? `${view.offsetTop}px` : "";
  }

  function mount() {
    if (host || isDead || !options.brand) return;
    if (!document.body) {
      document.addEventListener("DOMContentLoaded", mount);
      return;
    }
    const draw = (name, into) => into.appendChild(document.createElementNS("http://www.w3.org/2000/svg", name));
    host = document.createElement("div");
    host.id = "chatdesk-launcher";
    const root = host.attachShadow({ mode: "open" });
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(CSS);
      root.adoptedStyleSheets = [sheet];
    } catch {
      root.appendChild(document.createElement("style")).textContent = CSS;
    }
    button = root.appendChild(document.createElement("button"));
    button.type = "button";
    button.ariaHasPopup = "dialog";
    button.onclick = verbs.toggle;
    const drawing = draw("svg", button);
    drawing.setAttribute("viewBox", "0 0 24 24");
    drawing.setAttribute("aria-hidden", "true");
    icon = draw("path", drawing);
    badge = button.appendChild(document.createElement("span"));
    document.body.append(host);
    view?.addEventListener("resize", fit);
    view?.addEventListener("scroll", fit);
    phone.addEventListener("change", fit);
    paint();
    // A chat begun on another page of this site goes on; only a wide screen shows it at once.
    const before = kept("session");
    if (isOpen || (before === "open" && !phone.matches)) {
      isOpen = false;
      verbs.open();
    } else if (before) build();
  }

  function build() {
    if (frame) return;
    spoken = language();
    frame = document.createElement("iframe");
    frame.src = `${origin}/widget/${encodeURIComponent(options.brand)}/?lang=${encodeURIComponent(spoken)}`;
    frame.onload = () => {
      const channel = new MessageChannel();
      port = channel.port1;
      port.onmessage = ({ data }) => heard(data);
      const { theme, page } = options;
      const start = { chatdesk: 1, open: isOpen, out: Boolean(leaving), token, text, theme, page };
      frame.contentWindow.postMessage(start, origin, [channel.port2]);
      text = null;
    };
    button.before(frame);
    kept("local", "used");
    kept("session", isOpen ? "open" : "closed");
    paint();
  }

  function heard(message) {
    if (message.t === "minimise") verbs.close();
    else if (message.t === "out") out();
    else if (message.t !== "unread") emit(message.t);
    else if (message.n !== unread) {
      unread = message.n;
      paint();
      emit("unread", unread);
    }
  }

  const drop = () => {
    frame?.remove();
    frame = port = null;
  };

  // The frame has forgotten the player; what the page does next begins with a new one.
  function out() {
    clearTimeout(leaving);
    leaving = null;
    unread = 0;
    drop();
    kept("session", "");
    kept("local", "");
    if (host && isOpen) build();
    paint();
  }

  const verbs = {
    boot(given) {
      isDead = false;
      verbs.update(given);
      mount();
    },
    update(given) {
      Object.assign(options, given);
      if (frame && !leaving && spoken !== language() && given?.lang) {
        drop();
        build();
      }
      tell({ t: "page", page: options.page });
      paint();
    },
    identify(given) {
      if (typeof given !== "string") return;
      token = given;
      if (!leaving) tell({ t: "identify", token });
      paint();
    },
    // What the frame has kept only the frame can wipe.
    logout() {
      token = text = null;
      if (!host || leaving || !(frame || kept("local"))) return;
      verbs.close();
      leaving = setTimeout(out, 5000);
      tell({ t: "logout" });
      build();
    },
    open() {
      if (isOpen) return;
      isOpen = true;
      if (!host || leaving) return;
      build();
      kept("session", "open");
      paint();
      frame.focus();
      tell({ t: "panel", open: true });
      emit("open");
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      if (!frame) return;
      kept("session", "closed");
      const inside = document.activeElement === host;
      paint();
      tell({ t: "panel", open: false });
      if (inside) button.focus();
      emit("close");
    },
    toggle() { verbs[isOpen ? "close" : "open"](); },
    show() {
      isHidden = false;
      paint();
    },
    hide() {
      isHidden = true;
      verbs.close();
      paint();
    },
    prefill(given) {
      text = String(given);
      if (port) text = tell({ t: "prefill", text });
    },
    on(event, listener) { (listeners[event] ||= new Set()).add(listener); },
    off(event, listener) { listeners[event]?.delete(listener); },
    destroy() {
      clearTimeout(leaving);
      drop();
      host?.remove();
      view?.removeEventListener("resize", fit);
      view?.removeEventListener("scroll", fit);
      phone.removeEventListener("change", fit);
      host = leaving = token = text = null;
      isOpen = isHidden = false;
      isDead = true;
      unread = 0;
      for (const event of Object.keys(listeners)) delete listeners[event];
    },
  };

  function chatdesk(verb, ...args) {
    if (!Object.hasOwn(verbs, verb)) console.warn(`chatdesk: there is no verb "${verb}"`);
    else if (!isDead || verb === "boot") verbs[verb](...args);
  }

  const early = window.chatdesk?.q || [];
  window.chatdesk = chatdesk;
  chatdesk.v = 1;
  for (const args of early) chatdesk(...args);
  mount();
})();
