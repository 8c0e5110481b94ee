// What comes after the first screen: the chat with its socket, and every other screen.
export * as chat from "./chat.js";
export { Talk } from "./conversation.js";
export { Leave } from "./leaving.js";
export { LostBanner } from "./notices.js";
export { Ended, Refusal } from "./screens.js";
