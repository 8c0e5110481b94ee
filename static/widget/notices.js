// What is said above the screen: that the connection is lost, and the question before a chat is ended.
import { html, signal, useEffect, useLayoutEffect, useRef } from "../kit/preact.js";
import { t } from "../kit/i18n.js";
import * as chat from "./chat.js";
import { Icon } from "./parts.js";
import { banner } from "./state.js";

const clock = signal(Date.now());

export function LostBanner() {
  const { link, db } = chat.state.value;
  const down = link.state !== "live" && link.state !== "stopped";
  useEffect(() => {
    if (!down) return undefined;
    const tick = () => { clock.value = Date.now(); };
    tick();
    const timer = setInterval(tick, 500);
    return () => clearInterval(timer);
  }, [down]);
  if (!down || !banner(chat.state.value, clock.value)) return null;
  const left = link.retryAt === null ? 0 : Math.ceil((link.retryAt - clock.value) / 1000);
  return html`<div class="banner lost" role="status">
    <${Icon} name="no-wifi" />
    <p class="grow">${db ? t("The connection is lost. Your text is safe.") : t("The chat cannot be reached right now.")} <span class="num" aria-live="off">${
      left > 0 ? t("We try again in {n} s.", { n: left }) : t("We are trying again now.")}</span></p>
    <button type="button" class="btn small" onClick=${() => chat.tryNow()}>${t("Try now")}</button>
  </div>`;
}

// Asks in place, not in a window of its own.
export function EndQuestion({ queued, left }) {
  const [question, stay, go] = left
    ? [t("Take your message back? Then nobody answers it."), t("Leave it with us"), t("Take it back")]
    : queued
      ? [t("Leave the queue? You lose your place in it."), t("Stay in the queue"), t("Leave the queue")]
      : [t("End this chat?"), t("Go on chatting"), t("End chat")];
  const keep = useRef(null);
  useLayoutEffect(() => keep.current.focus(), []);
  const escape = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    chat.askEnd(false);
  };
  return html`<div class="ask" role="group" aria-labelledby="ask-text" onKeyDown=${escape}>
    <p id="ask-text">${question}</p>
    <div class="pair">
      <button type="button" class="btn small" ref=${keep} onClick=${() => chat.askEnd(false)}>${stay}</button>
      <button type="button" class="btn small end-now" onClick=${() => chat.endChat()}>${go}</button>
    </div>
  </div>`;
}
