// One conversation as a pure reducer: whatever is lost, doubled or swapped on the way, every event is
// shown once and in the order of its seq. Staff also get notes, which have a sequence of their own.
const EARLY_LIMIT = 1000;

export function empty(conv) {
  return { conv, last: 0, events: [], notes: [], lastNote: 0, more: false, early: {}, earlyNotes: {}, wiped: {}, resuming: false };
}

// Between hello{resume} (or watch) and its `resumed`, holes are expected and not reported.
export function resuming(state) {
  return { ...state, resuming: true };
}

// The transcript after the frame, and the hole to ask for, if any: {state, gap?: {from, to}, noteGap?}.
export function apply(state, frame) {
  switch (frame.t) {
    case "ev":
      return report(arrive(state, [frame]));
    case "note_ev":
      return report(arriveNotes(state, [frame]));
    case "history":
      return report(older(state, frame));
    case "resumed":
      return report(resumed(state, frame));
    default:
      return { state };
  }
}

function report(state) {
  const result = { state };
  if (state.resuming) return result;
  const early = Object.keys(state.early);
  if (early.length) result.gap = { from: state.last + 1, to: Math.min(...early.map(Number)) - 1 };
  const notes = Object.keys(state.earlyNotes);
  if (notes.length) result.noteGap = { from: state.lastNote + 1, to: Math.min(...notes.map(Number)) - 1 };
  return result;
}

function put(early, item, seq) {
  const next = { ...early, [seq]: item };
  const keys = Object.keys(next);
  if (keys.length > EARLY_LIMIT) delete next[Math.min(...keys.map(Number))];
  return next;
}

function arrive(state, events) {
  let { last, early, wiped } = state;
  let list = state.events;
  for (const event of events) if (event.seq > last && !early[event.seq]) early = put(early, event, event.seq);
  if (early[last + 1]) {
    list = [...list];
    early = { ...early };
    for (let event = early[last + 1]; event; event = early[last + 1]) {
      list.push(event);
      last = event.seq;
      delete early[last];
      if (event.kind === "redacted" && event.data?.seq) wiped = { ...wiped, [event.data.seq]: true };
    }
  }
  return { ...state, last, early, wiped, events: wiped === state.wiped ? list : clean(list, wiped) };
}

// A redacted event loses its text here too, even if an older copy of it was loaded before.
function clean(events, wiped) {
  return events.map((event) => (wiped[event.seq] && !event.redacted ? { ...event, body: "", redacted: true } : event));
}

function arriveNotes(state, notes) {
  let { lastNote, earlyNotes } = state;
  let list = state.notes;
  for (const note of notes) {
    if (note.note_seq > lastNote && !earlyNotes[note.note_seq]) earlyNotes = put(earlyNotes, note, note.note_seq);
  }
  if (earlyNotes[lastNote + 1]) {
    list = [...list];
    earlyNotes = { ...earlyNotes };
    for (let note = earlyNotes[lastNote + 1]; note; note = earlyNotes[lastNote + 1]) {
      list.push(note);
      lastNote = note.note_seq;
      delete earlyNotes[lastNote];
    }
  }
  return { ...state, lastNote, earlyNotes, notes: list };
}

// A page of the past. Its events are without holes, so it may lie before what we have, continue it, or,
// when it starts beyond it, become the new window (what lies between is then "more").
function older(state, frame) {
  const events = frame.events ?? [];
  let next = state;
  if (events.length) {
    const first = events[0].seq;
    const oldest = state.events[0]?.seq ?? null;
    if (oldest !== null && events.at(-1).seq >= oldest - 1 && first < oldest) {
      const before = events.filter((event) => event.seq < oldest);
      next = { ...state, events: clean([...before, ...state.events], state.wiped), more: Boolean(frame.more) };
      next = marked(arrive(next, events), before);
    } else if (first <= state.last + 1 && (oldest !== null || first === 1)) {
      next = arrive(state, events);
    } else if (first > state.last + 1) {
      next = rewindow(state, events, Boolean(frame.more));
    }
  }
  return olderNotes(next, frame.notes ?? []);
}

function marked(state, events) {
  const wiped = { ...state.wiped };
  for (const event of events) if (event.kind === "redacted" && event.data?.seq) wiped[event.data.seq] = true;
  return { ...state, wiped, events: clean(state.events, wiped) };
}

function rewindow(state, events, more) {
  const early = Object.fromEntries(Object.entries(state.early).filter(([seq]) => Number(seq) > events.at(-1).seq));
  const window = { ...state, events: [...events], last: events.at(-1).seq, early, more };
  return arrive(marked(window, events), []);
}

function olderNotes(state, notes) {
  if (!notes.length) return state;
  const oldest = state.notes[0]?.note_seq ?? Infinity;
  const first = notes[0].note_seq;
  const before = notes.filter((note) => note.note_seq < oldest && note.note_seq <= state.lastNote);
  const next = before.length ? { ...state, notes: [...before, ...state.notes] } : state;
  if (first > next.lastNote + 1) {
    const last = notes.at(-1).note_seq;
    const earlyNotes = Object.fromEntries(Object.entries(next.earlyNotes).filter(([seq]) => Number(seq) > last));
    return arriveNotes({ ...next, notes: [...notes], lastNote: last, earlyNotes }, []);
  }
  return arriveNotes(next, notes);
}

function resumed(state, frame) {
  let next = { ...state, resuming: false };
  if (frame.mode === "snapshot") {
    const held = sorted(next.early);
    const start = next.events.filter((event) => event.seq >= (frame.from ?? Infinity) && event.seq <= next.last);
    if (held.length && held[0].seq > next.last + 1) next = rewindow(next, run(held), Boolean(frame.more));
    else if (frame.more !== undefined && start.length === next.events.length) next = { ...next, more: Boolean(frame.more) };
    const notes = sorted(next.earlyNotes);
    if (notes.length) next = arriveNotes({ ...next, notes: [], lastNote: notes[0].note_seq - 1 }, []);
  }
  return next;
}

function sorted(early) {
  return Object.keys(early).map(Number).sort((a, b) => a - b).map((seq) => early[seq]);
}

// The first stretch without a hole.
function run(events) {
  const end = events.findIndex((event, i) => i > 0 && event.seq !== events[i - 1].seq + 1);
  return end < 0 ? events : events.slice(0, end);
}

// For the screen: committed events, then what is still on its way; one line per cmid.
// pending: entries of the outbox in the order of writing.
export function lines(state, pending = []) {
  const known = new Set();
  for (const event of state.events) if (event.cmid) known.add(event.cmid);
  for (const note of state.notes) if (note.cmid) known.add(note.cmid);
  const shown = state.events.map((event) => ({ key: event.cmid ?? `s${event.seq}`, event, entry: null }));
  const rest = pending
    .filter((entry) => !known.has(entry.cmid) && !(entry.state === "sent" && entry.seq !== null && entry.seq <= state.last))
    .map((entry) => ({ key: entry.cmid, event: null, entry }));
  return shown.concat(rest);
}
