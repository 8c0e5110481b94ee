// One soft chime per event over all tabs of this browser. Browsers allow sound only after a gesture.
const KEY = "chatdesk.sound";
const HOLD_MS = 1500; // other tabs that hear the same event within this time stay silent
const NOTES_HZ = [660, 880];

let context = null;
let off = null;

function keptOff() {
  if (off === null) {
    try {
      off = localStorage.getItem(KEY) === "off";
    } catch {
      off = false;
    }
  }
  return off;
}

export function muted() {
  return keptOff();
}

export function mute(on) {
  off = on;
  try {
    localStorage.setItem(KEY, on ? "off" : "on");
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  return off;
}

// Call once at the start; the first gesture makes sound possible.
export function unlock(target = globalThis) {
  const start = () => {
    const Context = globalThis.AudioContext;
    if (!Context) return;
    context ??= new Context();
    if (context.state === "suspended") context.resume().catch(() => {});
  };
  for (const kind of ["pointerdown", "keydown"]) target.addEventListener(kind, start, { once: true, capture: true });
}

export function ready() {
  return context?.state === "running";
}

function play() {
  const start = context.currentTime;
  NOTES_HZ.forEach((hertz, i) => {
    const tone = context.createOscillator();
    const gain = context.createGain();
    const at = start + i * 0.12;
    tone.frequency.value = hertz;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.18, at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, at + 0.35);
    tone.connect(gain).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.4);
  });
}

// force: also when muted, for a "test sound" button. True when this tab made the sound.
export async function chime({ force = false, name = "chatdesk.chime" } = {}) {
  if ((keptOff() && !force) || !ready()) return false;
  if (!navigator.locks) {
    play();
    return true;
  }
  return new Promise((resolve) => {
    navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      resolve(Boolean(lock));
      if (!lock) return undefined;
      play();
      return new Promise((done) => setTimeout(done, HOLD_MS));
    }).catch(() => resolve(false));
  });
}
