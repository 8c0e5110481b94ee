// Begins a conversation: a chat, or a message that is left because nobody can chat now. One at a time; what
// is lost with its socket goes again after the next welcome.
import { NEW } from "../kit/outbox.js";

const AGAIN_MS = 2000;

export class Opening {
  #options;
  #wanted = null; // {topic, channel} of the conversation that is yet to be opened
  #asking = false;

  // delivery(): where it goes. frame(wanted): the command. opened(conv), blocked(): what became of it.
  // full({topic, text}): no chat can be had now; text is what was written for it.
  constructor(options) {
    this.#options = { later: (act, ms) => setTimeout(act, ms), ...options };
  }

  forget() {
    this.#wanted = null;
  }

  // What was written before there was a conversation to write it into.
  openWhatWaits() {
    const [first] = this.#options.delivery().pending(NEW);
    const wanted = this.#wanted ?? (first && { topic: first.topic, channel: first.channel ?? "chat" });
    if (wanted) this.open(wanted.topic, wanted.channel);
  }

  async open(topic, channel = "chat") {
    const { delivery, frame, opened, blocked, later } = this.#options;
    const wanted = { topic, channel };
    this.#wanted = wanted;
    if (!delivery()?.wire?.live || this.#asking) return;
    this.#asking = true;
    try {
      const { conv } = await delivery().wire.request(frame(wanted));
      if (this.#wanted === wanted) this.#wanted = null;
      opened(conv);
    } catch (error) {
      if (error.code === "lost") return;
      if (error.code === "blocked") blocked();
      else if (error.code === "at_capacity") this.#full(wanted);
      else later(() => this.#wanted && this.open(this.#wanted.topic, this.#wanted.channel), error.retry_ms ?? AGAIN_MS);
    } finally {
      this.#asking = false;
    }
    // Something else was wanted while that was asked for: to stop gambling, above all.
    if (this.#wanted && this.#wanted !== wanted) this.open(this.#wanted.topic, this.#wanted.channel);
  }

  // The text goes back to the player, who may leave it as a message.
  #full(wanted) {
    if (this.#wanted === wanted) this.#wanted = null;
    const delivery = this.#options.delivery();
    const text = delivery.pending(NEW).map(({ body }) => body).join("\n");
    this.#options.full({ topic: wanted.topic, text });
    delivery.forget(NEW);
  }
}
