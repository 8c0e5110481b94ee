// The casino's own page script. Everything it does for the chat is the queue line and four calls.
"use strict";

(() => {
  window.chatdesk = window.chatdesk || function () {
    (window.chatdesk.q = window.chatdesk.q || []).push(arguments);
  };

  const brand = document.body.dataset.brand;
  const picker = document.getElementById("player");
  const state = document.getElementById("state");
  const key = `casino:${brand}:player`;

  // Private windows may refuse storage; the visitor is then anonymous after each reload.
  const remembered = () => {
    try { return sessionStorage.getItem(key) || ""; } catch { return ""; }
  };
  const remember = (sub) => {
    try { sessionStorage.setItem(key, sub); } catch { /* kept for this page only */ }
  };

  let latest = 0;

  async function identify(sub) {
    const turn = ++latest;
    const name = picker.selectedOptions[0].textContent.replace(/ \(.*\)$/, "");
    if (!sub) {
      state.textContent = "You are not signed in. The chat treats you as a visitor.";
      return;
    }
    const answer = await fetch(`/token?brand=${encodeURIComponent(brand)}&sub=${encodeURIComponent(sub)}`);
    if (turn !== latest) return;
    if (!answer.ok) {
      state.textContent = "The casino could not vouch for you. Try again in a moment.";
      return;
    }
    const { token } = await answer.json();
    if (turn !== latest) return;
    window.chatdesk("identify", token);
    state.textContent = `Signed in as ${name}. The chat knows you.`;
  }

  picker.addEventListener("change", () => {
    remember(picker.value);
    window.chatdesk("logout");
    identify(picker.value).catch(() => {
      state.textContent = "The casino does not answer. Try again in a moment.";
    });
  });
  document.getElementById("open-chat").addEventListener("click", () => window.chatdesk("open"));

  const before = remembered();
  if (before && [...picker.options].some((option) => option.value === before)) picker.value = before;
  identify(picker.value).catch(() => {
    state.textContent = "The casino does not answer. Try again in a moment.";
  });
})();
