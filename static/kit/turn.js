// Whose turn it is to send: of the tabs that share an outbox exactly one holds it. A browser gives a lock
// on when its tab is closed or crashes; a tab that goes to sleep gives it away itself.
export class Turn {
  #locks;
  #name;
  #changed;
  #run = 0;
  #end = null;
  held = false;

  // locks: navigator.locks, or null where nothing is shared: then it is always ours.
  constructor(locks, name, changed) {
    this.#locks = locks;
    this.#name = name;
    this.#changed = changed;
  }

  // force: from a tab that stands still and cannot give it away.
  take(force = false) {
    if (this.held) return;
    this.#leave();
    if (!this.#locks) {
      this.#set(true);
      return;
    }
    const run = this.#run;
    const waiting = new AbortController();
    this.#end = () => waiting.abort();
    const how = force ? { steal: true } : { signal: waiting.signal };
    this.#locks
      .request(this.#name, how, () => run === this.#run && new Promise((done) => {
        this.#end = done;
        this.#set(true);
      }))
      .catch((error) => {
        if (run !== this.#run) return;
        this.#set(false);
        // Taken by force: ours again when its new holder is gone. Anything else: there are no locks here.
        if (error.name !== "AbortError") this.#locks = null;
        this.take();
      });
  }

  give() {
    this.#leave();
    this.#set(false);
  }

  #leave() {
    this.#run += 1;
    this.#end?.();
    this.#end = null;
  }

  #set(held) {
    if (held === this.held) return;
    this.held = held;
    this.#changed(held);
  }
}
