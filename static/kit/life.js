// The life of a page as its socket must know it: put away (back/forward cache, frozen tab), back again,
// the network gone or returned.
const SPREAD_MS = 1_000;

// page: a window. wire: {suspend, wake(spreadMs, slept), probe}
export function follow(page, wire) {
  const { document } = page;
  const on = (target, name, act) => target.addEventListener(name, act);
  // An open socket or a held lock would keep the page out of the cache, or others waiting for it.
  on(page, "pagehide", () => wire.suspend());
  on(document, "freeze", () => wire.suspend());
  on(page, "pageshow", (event) => event.persisted && wire.wake(0, true));
  on(document, "resume", () => wire.wake(0, true));
  on(document, "visibilitychange", () => document.visibilityState === "visible" && wire.wake());
  // Everybody behind one router comes back at the same moment.
  on(page, "online", () => wire.wake(SPREAD_MS));
  on(page, "offline", () => wire.probe());
}
