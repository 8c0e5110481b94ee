// What the widget says about events, states and refusals, in whole sentences.
import { t } from "../kit/i18n.js";

export function toldText(event, brand) {
  const alias = event.from?.alias ?? "";
  const { data } = event;
  switch (event.kind) {
    case "opened": return openedText(data?.topic, brand);
    case "joined": return t("You are talking to {alias}, a person.", { alias });
    case "left": return leftText(data?.reason, alias);
    case "queued": return t("You are back at the front of the queue. You need not repeat anything.");
    case "transferred": return data?.to_alias
      ? t("{alias} hands this chat over to {other}.", { alias, other: data.to_alias })
      : t("{alias} hands this chat over to a specialist.", { alias });
    case "closed": return closedText(data?.by, alias);
    case "reopened": return t("The chat goes on.");
    default: return event.body ?? "";
  }
}

function leftText(reason, alias) {
  if (!alias) return t("Your contact had to leave this chat.");
  switch (reason) {
    case "no_reply": return t("{alias} did not answer in time. Somebody else will.", { alias });
    case "full": return t("{alias} is with other players at the moment. Somebody else will answer.", { alias });
    case "shift_end": return t("The shift of {alias} has ended. Somebody else will answer.", { alias });
    default: return t("{alias} had to leave this chat.", { alias });
  }
}

function openedText(topic, brand) {
  const label = topicLabel(topic, brand);
  return label ? t("About: {topic}", { topic: label }) : t("The chat has begun.");
}

function closedText(by, alias) {
  if (by === "player") return t("You ended this chat.");
  if (by === "system") return t("We closed this chat because we did not hear from you. You can start another one at any time.");
  return alias ? t("{alias} ended this chat.", { alias }) : t("This chat has ended.");
}

export function topicLabel(id, brand) {
  return brand?.topics?.find((topic) => topic.id === id)?.label ?? "";
}

// The state of the player's own line: [word, icon].
export function stateWord(state, live) {
  switch (state) {
    case "waiting": return live ? [t("Sending"), "clock"] : [t("Waiting for connection"), "clock"];
    case "delivered": return [t("Delivered"), "checks"];
    case "seen": return [t("Seen"), "checks"];
    default: return [t("Sent"), "check"];
  }
}

// Whether the same text may be taken another time; else only another text helps.
export function mayHelp(code) {
  return !["bad_field", "bad_frame", "too_big", "cmid_reused"].includes(code);
}

export function failureText(code) {
  switch (code) {
    case "closed": return t("Not sent. The chat had already ended.");
    case "blocked": return t("Not sent. This account cannot use the chat.");
    case "bad_field": return t("Not sent. The text holds signs that cannot be sent.");
    default: return t("Not sent. The server refused it.");
  }
}

// kind: what was hidden in the player's own line (kit/care.js).
export function hiddenText(kind) {
  return kind === "card"
    ? t("We hid a card number. Never send card numbers or passwords here.")
    : t("We hid a password or a code. Never send card numbers or passwords here.");
}

// Why there is no chat, and what to do: {title, text, act: "reload" | "again" | null, label}.
export function refusalText(code) {
  const reload = { act: "reload", label: t("Reload the chat") };
  switch (code) {
    case "blocked":
      return { title: t("The chat is closed for this account"), text: t("Please use another way to reach us. The contact page of this site names them."), act: null };
    case "forbidden":
      return { title: t("Sign in to chat"), text: t("This chat is for players who have signed in. Sign in on this site, then open the chat again."), act: null };
    case "bad_token":
      return { title: t("We could not check who you are"), text: t("Reload this page and open the chat again. If that does not help, sign in once more."), act: null };
    case 4409:
      return { title: t("The chat is open in another window"), text: t("Go on there, or continue here."), act: "again", label: t("Continue here") };
    case 4401:
      return { title: t("You have been signed out"), text: t("This chat was ended on this device for your safety."), act: "again", label: t("Start again") };
    case 4410:
      return { title: t("There is a newer version of this chat"), text: t("Reload it to go on. Nothing you wrote is lost."), ...reload };
    default:
      return { title: t("The chat is not available here"), text: t("Reload it, or try again later."), ...reload };
  }
}
