// What the widget shows, as one value, and the acts that change nothing else: all that the first screen needs.
import { signal } from "../kit/preact.js";
import { initial, reduce } from "./state.js";

export const state = signal(initial());
export const focusWanted = signal(0); // counts up when the composer should take the focus

export function dispatch(frame) {
  state.value = reduce(state.value, frame, Date.now());
}

export function choose(topic) {
  dispatch({ act: "topic", topic });
  focusWanted.value += 1;
}

export function wantToLeave(topic) {
  dispatch({ act: "leave", topic });
}

export function view(name) {
  dispatch({ act: "view", view: name });
}

export function askEnd(on) {
  dispatch({ act: "asking", what: on ? "end" : null });
}

export function know(brand) {
  dispatch({ act: "brand", brand });
}

export function panel(open) {
  dispatch({ act: "panel", open });
}
