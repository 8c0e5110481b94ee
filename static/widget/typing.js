// Tells that the player is typing: at once, then seldom, and that he stopped.
const EVERY_MS = 4000;
const REST_MS = 5000;

export class Typing {
  #tell;
  #clock;
  #toldAt = null;
  #rest = null;

  // tell(on, text)
  constructor(tell, clock = { now: () => Date.now(), set: (act, ms) => setTimeout(act, ms), clear: (id) => clearTimeout(id) }) {
    this.#tell = tell;
    this.#clock = clock;
  }

  changed(text) {
    this.#clock.clear(this.#rest);
    if (!text.trim()) {
      this.stop();
      return;
    }
    this.#rest = this.#clock.set(() => this.stop(), REST_MS);
    if (this.#toldAt !== null && this.#clock.now() - this.#toldAt < EVERY_MS) return;
    this.#toldAt = this.#clock.now();
    this.#tell(true, text);
  }

  stop() {
    this.#clock.clear(this.#rest);
    if (this.#toldAt === null) return;
    this.#toldAt = null;
    this.#tell(false, "");
  }
}
