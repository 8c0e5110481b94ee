// Every code of the wire as words of the catalogue. Literal strings only: an extractor reads them.
import { languageName, t } from "../kit/i18n.js";

export function topicName(id) {
  const names = {
    withdrawal: () => t("Withdrawal"), deposit: () => t("Deposit"), bonus: () => t("Bonus"),
    verification: () => t("Verification"), login: () => t("Login"),
    technical: () => t("Technical problem"), account: () => t("Account"),
    complaint: () => t("Complaint"), stop_gambling: () => t("Stop gambling"), other: () => t("Other topic"),
  };
  return names[id]?.() ?? (id || t("No topic"));
}

export function statusName(status, reason) {
  if (status === "available") return t("Available");
  if (status === "offline") return reason === "shift_end" ? t("Offline, shift over") : t("Offline");
  const why = reason && reasonName(reason);
  return why ? t("Away, {reason}", { reason: why }) : t("Away");
}

// Those that a person chooses; the server knows two more of its own.
export const AWAY_REASONS = ["lunch", "break", "training", "phone", "email", "meeting", "coaching"];

export function reasonName(reason) {
  const names = {
    lunch: () => t("lunch"), break: () => t("break"), training: () => t("training"),
    phone: () => t("on the phone"), email: () => t("e-mail"), meeting: () => t("meeting"),
    coaching: () => t("coaching"), missed: () => t("offers missed"), shift_end: () => t("shift over"),
  };
  return names[reason]?.() ?? reason;
}

export const CLOSE_REASONS = ["solved", "no_answer", "moved_to_email", "abuse", "other"];

export function closeReason(reason) {
  return {
    solved: () => t("Solved"), no_answer: () => t("The player stopped answering"),
    moved_to_email: () => t("Goes on by e-mail"), abuse: () => t("Abusive"), other: () => t("Another reason"),
  }[reason]();
}

export const DECLINE_REASONS = ["busy", "language", "topic", "break"];

export function declineReason(reason) {
  return {
    busy: () => t("Too much at once"), language: () => t("Not my language"),
    topic: () => t("Not my field"), break: () => t("Going on a break"),
  }[reason]();
}

// The strip that every reply to this player must respect. null: nothing restricts the chat.
export function safetyOf(player, topic) {
  const state = player?.rg_state ?? "unknown";
  if (state === "self_excluded") {
    return { level: "danger", icon: "pause", state: t("Self-excluded"),
      rule: t("Self-excluded. No talk of bonuses, games or deposits, and no help to reopen the account.") };
  }
  if (state === "cooling_off") {
    return { level: "warn", icon: "pause", state: t("Cooling-off"),
      rule: t("Cooling-off. No talk of bonuses, games or deposits.") };
  }
  if (topic === "stop_gambling") {
    return { level: "warn", icon: "pause", state: state === "limits" ? t("Limits set") : t("Asks to stop"),
      rule: t("This player wants to stop gambling. Help with that first, and offer nothing.") };
  }
  if (state === "limits") {
    return { level: "calm", icon: "shield", state: t("Limits set"), rule: t("Limits set. Never offer to raise them.") };
  }
  if (state === "none") return { level: null, icon: "shield", state: t("None set"), rule: t("Nothing restricts this chat.") };
  return { level: null, icon: "shield", state: "–", rule: t("Limits and pauses of this player are not known.") };
}

export function ageBand(player) {
  return { "18-23": "18–23", "24+": "24+" }[player?.age_band] ?? "–";
}

// Why a message was not sent, as a sentence. name: who has the chat now, when known.
export function refusal(code, alias) {
  const names = {
    not_assignee: () => (alias ? t("{alias} has this chat now.", { alias }) : t("This chat is no longer yours.")),
    closed: () => t("The chat is closed."),
    too_big: () => t("The text is too long."), bad_field: () => t("The server does not accept this text."),
    cmid_reused: () => t("This message was already sent with another text."),
    blocked: () => t("The server blocked this text."),
    rate: () => t("Too many messages at once."), forbidden: () => t("You may not write here."),
    not_found: () => t("This chat is not on your desk."),
    unavailable: () => t("The server cannot store it now."),
  };
  return names[code]?.() ?? t("The server refused it ({code}).", { code });
}

export function failure(error) {
  const alias = error?.alias ?? error?.frame?.alias;
  const names = {
    already_taken: () => (alias ? t("{alias} took it.", { alias }) : t("Somebody else took it.")),
    at_capacity: () => t("All your places are taken. Close or move a chat first."),
    not_assignee: () => t("This chat is no longer yours."),
    closed: () => t("The chat is closed."), not_found: () => t("It is no longer there."),
    forbidden: () => t("You may not do this."), rate: () => t("Too fast. Try again in a moment."),
    unavailable: () => t("The server cannot do this now. Try again in a moment."),
  };
  return names[error?.code]?.() ?? t("That did not work. Check the connection and try again.");
}

// For those who hear the page, where the name must come first.
export function replyDueWords(name, left) {
  return t("First reply to {name} due in {n} seconds, then the chat goes back to the queue.", { name, n: Math.ceil(left / 1000) });
}

// Why it rings here, as one sentence.
export function offerWhy(offer) {
  const why = offer.why ?? {};
  const language = languageName(offer.lang);
  const { skill } = why;
  if (why.returning) return t("You, because you spoke with this player before.");
  if (why.candidates === 1) {
    return skill ? t("You, because nobody else who is free speaks {language} and has the skill {skill}.", { language, skill })
      : t("You, because nobody else who is free speaks {language}.", { language });
  }
  if (!why.candidates) return t("You, because you speak {language}.", { language });
  return skill
    ? t("You, because of {n} who are free, speak {language} and have the skill {skill} you carry the least. Of equals it is whoever waited longest.", { n: why.candidates, language, skill })
    : t("You, because of {n} who are free and speak {language} you carry the least. Of equals it is whoever waited longest.", { n: why.candidates, language });
}

export function offerEnd(result) {
  if (result.alias) return t("{alias} took it", { alias: result.alias });
  const names = {
    accepted_elsewhere: () => t("Somebody else took it"), timed_out: () => t("Time ran out"),
    withdrawn: () => t("Offer withdrawn"), closed: () => t("The player left"),
  };
  return names[result.why]?.() ?? t("Offer ended");
}

// How a connection ended for good, by close code.
export function stopped(code) {
  const names = {
    4401: () => t("You are signed out. Sign in again to go on."), 4403: () => t("This address may not open the desk."),
    4404: () => t("This desk is gone. Load the page again."),
    4409: () => t("The desk is open in too many tabs. This one was disconnected."),
    4410: () => t("The desk has a new version. Load the page again."), 4413: () => t("Something too large was sent. Load the page again."),
  };
  return names[code]?.() ?? t("The connection ended. Load the page again.");
}
