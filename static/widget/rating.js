// The player's word about a chat that has ended. One that is lost with its socket goes again after the next
// welcome.
export class Rating {
  #request;
  #unsent = null;

  constructor(request) {
    this.#request = request;
  }

  give(conv, { agent, outcome, comment, done }) {
    const frame = { t: "rate", conv };
    if (agent) frame.agent = agent;
    if (outcome) frame.outcome = outcome;
    if (comment) frame.comment = comment;
    if (done === "skipped" && !agent && !outcome) frame.declined = true;
    if (Object.keys(frame).length > 2) this.#send(frame);
  }

  again() {
    if (this.#unsent) this.#send(this.#unsent);
  }

  forget() {
    this.#unsent = null;
  }

  #send(frame) {
    this.#unsent = null;
    this.#request(frame).catch((error) => {
      if (error.code === "lost") this.#unsent = frame;
    });
  }
}
