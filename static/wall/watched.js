// One watched conversation: the shared sequence, the staff's own sequence, and the whispers that
// are on their way. Pure; used by state.js only.

// phase "filling": between `ok` of watch and `resumed`, when a snapshot may start anywhere.
export function begin(conv, chat, facts, before) {
  return {
    conv,
    chat,
    facts: facts ?? null,
    phase: "filling",
    events: [],
    notes: [],
    last: 0,
    lastNote: 0,
    more: false,
    gap: false,
    typing: null,
    outgoing: before?.outgoing ?? [],
  };
}

export function apply(view, frame, now) {
  switch (frame.t) {
    case "conv":
      return { ...view, facts: frame };
    case "ev":
      return event(view, frame);
    case "note_ev":
      return note(view, frame);
    case "eph":
      return typing(view, frame, now);
    case "resumed":
      return {
        ...view,
        phase: "live",
        gap: false,
        more: Boolean(frame.more) || (view.events.length > 0 && view.events[0].seq > 1),
      };
    default:
      return view;
  }
}

// What the wall's own frame says about the chat; kept after the chat has ended.
export function facts(view, chat) {
  return { ...view, chat: { ...(view.chat ?? {}), ...chat } };
}

function event(view, frame) {
  if (frame.seq <= view.last) return view;
  const first = view.events.length === 0 && view.phase === "filling";
  if (frame.seq !== view.last + 1 && !first) return { ...view, gap: true };
  const next = { ...view, last: frame.seq };
  if (view.typing && view.typing.role === frame.from?.role) next.typing = null;
  next.events = [...superseded(view.events, frame), frame];
  return next;
}

// A redacted message keeps its place and loses its words.
function superseded(events, frame) {
  if (frame.kind !== "redacted") return events;
  const target = frame.data?.seq;
  return events.map((one) => (one.seq === target ? { ...one, body: null, removed: true } : one));
}

function note(view, frame) {
  if (frame.note_seq <= view.lastNote) return view;
  const first = view.notes.length === 0 && view.phase === "filling";
  if (frame.note_seq !== view.lastNote + 1 && !first) return { ...view, gap: true };
  return {
    ...view,
    lastNote: frame.note_seq,
    notes: [...view.notes, frame],
    // The line may come before its ack.
    outgoing: view.outgoing.filter((one) => one.note_seq !== frame.note_seq && one.cmid !== frame.cmid),
  };
}

function typing(view, frame, now) {
  if (frame.kind !== "typing") return view;
  const role = frame.role ?? frame.from?.role ?? null;
  if (!frame.on) return view.typing ? { ...view, typing: null } : view;
  return { ...view, typing: { role, alias: frame.alias ?? frame.from?.alias ?? null, until: now + (frame.ttl_ms ?? 6000) } };
}

// Older lines, asked for by hand; what is there already wins.
export function earlier(view, frame) {
  const first = view.events[0]?.seq ?? Infinity;
  const firstNote = view.notes[0]?.note_seq ?? Infinity;
  const events = [...(frame.events ?? []).filter((one) => one.seq < first), ...view.events];
  const removed = new Set(events.filter((one) => one.kind === "redacted").map((one) => one.data?.seq));
  return {
    ...view,
    events: events.map((one) => (removed.has(one.seq) ? { ...one, body: null, removed: true } : one)),
    notes: [...(frame.notes ?? []).filter((one) => one.note_seq < firstNote), ...view.notes],
    more: Boolean(frame.more),
  };
}

export function whisper(view, cmid, body) {
  const others = view.outgoing.filter((one) => one.cmid !== cmid);
  return { ...view, outgoing: [...others, { cmid, body, state: "sending", code: null, note_seq: null }] };
}

export function answered(view, frame) {
  if (frame.t === "ack") {
    const shown = frame.note_seq <= view.lastNote;
    return {
      ...view,
      outgoing: shown
        ? view.outgoing.filter((one) => one.cmid !== frame.cmid)
        : view.outgoing.map((one) =>
            one.cmid === frame.cmid ? { ...one, state: "sent", note_seq: frame.note_seq } : one),
    };
  }
  return {
    ...view,
    outgoing: view.outgoing.map((one) =>
      one.cmid === frame.cmid ? { ...one, state: frame.final ? "refused" : "failed", code: frame.code } : one),
  };
}

export function discard(view, cmid) {
  return { ...view, outgoing: view.outgoing.filter((one) => one.cmid !== cmid) };
}

// Events and notes in the order of their time; at the same time the shared sequence comes first.
export function lines(view) {
  const rows = [
    ...view.events.map((one) => ({ key: `e${one.seq}`, ts: one.ts, rank: 0, at: one.seq, event: one })),
    ...view.notes.map((one) => ({ key: `n${one.note_seq}`, ts: one.ts, rank: 1, at: one.note_seq, note: one })),
  ];
  return rows.sort((a, b) => a.ts - b.ts || a.rank - b.rank || a.at - b.at);
}

export function typingNow(view, now) {
  return view.typing && view.typing.until > now ? view.typing : null;
}
