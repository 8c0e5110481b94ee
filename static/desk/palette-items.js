// What the palette offers for a query, as plain values.
import { languageName, t } from "../kit/i18n.js";
import { lastFrom } from "./log.js";
import { fuzzy, rank } from "./slash.js";
import { row } from "./slots.js";
import { AWAY_REASONS, statusName, topicName } from "./words.js";

const RESPONSES = 6;

// [{id, title, hint?, items: [{id, label, marks, run, …}]}]; groups without items are left out.
export function paletteGroups(desk, query) {
  const state = desk.state.value;
  const groups = [
    { id: "chats", title: t("Chats"), items: chats(desk, state, query) },
    { id: "do", title: t("Do"), items: fitting(acts(desk, state), query) },
    responses(desk, state, query),
  ];
  return groups.filter((group) => group.items.length);
}

function chats(desk, state, query) {
  const items = row(state.places).flatMap((conv, place) => {
    const chat = conv && state.chats[conv];
    if (!chat) return [];
    const kind = state.focus === conv ? "focused" : state.panes.includes(conv) ? "open" : "";
    const log = state.logs[conv];
    return [{
      id: conv, cap: place + 1, capKind: kind, label: chat.player.name, chat, answered: log && lastFrom(log, "agent")?.ts,
      facts: `${chat.player.id} · ${chat.lang.toUpperCase()} · ${desk.brandName(chat.brand)} · ${topicName(chat.topic)}`,
      run: () => desk.open(conv),
    }];
  });
  return fitting(items, query);
}

// Every act on a chat starts with the player's name, so that the recipient is always read first.
function acts(desk, state) {
  const list = [];
  const focused = state.chats[state.focus];
  const order = Object.values(state.chats).sort((a, b) => (b === focused) - (a === focused));
  for (const chat of order) {
    const { conv } = chat;
    const { name } = chat.player;
    const form = (which) => () => desk.openForm(conv, which);
    list.push(
      { id: `note ${conv}`, icon: "lock", label: t("{name}: write an internal note", { name }), run: () => desk.startNote(conv), key: conv === state.focus ? "Ctrl Shift Enter" : null },
      { id: `move ${conv}`, icon: "transfer", label: t("{name}: transfer to a person or team", { name }), run: form("transfer") },
      { id: `help ${conv}`, icon: "lifebuoy", label: chat.help ? t("{name}: take back the call for help", { name }) : t("{name}: ask a supervisor for help", { name }), run: () => desk.askHelp(conv, !chat.help) },
      { id: `back ${conv}`, icon: "release", label: t("{name}: give back to the queue", { name }), run: form("release") },
      { id: `close ${conv}`, icon: "close", label: t("{name}: close the chat", { name }), run: form("close") },
    );
  }
  for (const offer of Object.values(state.offers)) {
    list.unshift({ id: `take ${offer.offer}`, icon: "check", key: "F2", label: t("Accept the offer: {topic}", { topic: topicName(offer.topic) }), run: () => desk.accept(offer) });
  }
  list.push(
    { id: "waiting", icon: "clock", key: "F8", label: t("Go to the player who waits longest"), run: () => desk.nextWaiting() },
    { id: "available", icon: "dot", key: "F9 1", label: t("Set status: {status}", { status: statusName("available") }), run: () => desk.setStatus("available") },
    ...AWAY_REASONS.map((reason, at) => ({ id: reason, icon: "half", key: `F9 ${at + 2}`, label: t("Set status: {status}", { status: statusName("away", reason) }), run: () => desk.setStatus("away", reason) })),
    { id: "offline", icon: "ring", key: "F9 9", label: t("Set status: {status}", { status: statusName("offline") }), run: () => desk.setStatus("offline") },
    { id: "sound", icon: desk.muted.value ? "sound" : "mute", label: desk.muted.value ? t("Sound: switch on") : t("Sound: switch off"), run: () => desk.toggleSound() },
    { id: "theme", icon: "moon", label: t("Theme: light, dark or as the system"), run: () => desk.nextTheme() },
    { id: "panel", icon: "panel", label: desk.panelOpen.value ? t("Fold the player panel") : t("Unfold the player panel"), run: () => desk.togglePanel() },
    { id: "keys", icon: "help", key: "?", label: t("Keys and help"), run: () => desk.toggleHelp() },
  );
  return list;
}

function fitting(items, query) {
  const found = [];
  for (const item of items) {
    const inLabel = fuzzy(query, item.label);
    const inFacts = !inLabel && item.facts && item.facts.toLocaleLowerCase().includes(query.toLocaleLowerCase());
    if (inLabel || inFacts) found.push({ ...item, marks: inLabel?.marks ?? [], score: inLabel?.score ?? 0 });
  }
  return query ? found.sort((a, b) => b.score - a.score) : found;
}

function responses(desk, state, query) {
  const chat = state.chats[state.focus];
  const entry = chat && desk.canned.entry(chat.conv);
  if (!entry || !query) return { id: "responses", items: [] };
  const items = rank(entry.responses, query.replace(/^\//u, "")).slice(0, RESPONSES).map(({ response, titleMarks }) => ({
    id: `r${response.id}`, icon: "slash", code: `/${response.shortcut}`, label: response.title, marks: titleMarks,
    run: () => desk.insertResponse(chat.conv, response),
  }));
  return {
    id: "responses", items, title: t("Responses in {language}", { language: languageName(chat.lang) }),
    hint: t("inserted for {name}", { name: chat.player.name }),
  };
}
