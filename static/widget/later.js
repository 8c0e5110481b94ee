// Brings what the first screen can do without (more.js, more.css) as soon as that screen's own part is here.
import { signal } from "../kit/preact.js";

const AGAIN_MS = 3000;

export const more = signal(null); // the module, once it is here

// The page around the frame waits for the frame to be loaded, and that waits for styles asked for before.
const still = new Promise((done) => {
  if (document.readyState === "complete") done();
  else addEventListener("load", done, { once: true });
});

async function style(href) {
  await still;
  await new Promise((done, failed) => {
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href, onload: done, onerror: () => failed(new Error(href)) });
    document.head.append(link);
  });
}

// A browser may remember that an address failed, so each further try has one of its own.
async function load() {
  for (let tries = 0; ; tries++) {
    const address = (name) => new URL(`./${name}${tries ? `?${tries}` : ""}`, import.meta.url).href;
    try {
      const [module] = await Promise.all([import(address("more.js")), style(address("more.css"))]);
      more.value = module;
      return module;
    } catch (error) {
      console.warn(error);
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }
}

export const loaded = load();
