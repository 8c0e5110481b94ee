// Builds static/built/, which is all that a player's browser loads: the loader w.js, and the widget in two
// parts, the first screen (widget, shared) and what comes after it (more).
//     make widget
// What it writes is committed, because the server needs only Python; tests/js/widget_built.test.mjs builds
// it again and compares.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const STATIC = dirname(fileURLToPath(import.meta.url));
export const TARGET = join(STATIC, "built");

const COMMON = {
  absWorkingDir: STATIC, outdir: TARGET, minify: true, charset: "utf8", target: "es2022", write: false, logLevel: "warning",
};
const WIDGET = {
  ...COMMON, bundle: true, format: "esm", splitting: true, chunkNames: "shared",
  entryPoints: { widget: "widget/main.js", more: "widget/more.js" },
};
const STYLES = { ...COMMON, bundle: true, entryPoints: ["widget/widget.css", "widget/more.css"] };

// The tokens are shared with the desk; a player needs none of the desk's colours.
function withoutUnused(css, elsewhere) {
  const used = css + elsewhere;
  const fewer = css.replace(/(--[\w-]+):[^;{}]*(;|(?=\}))/g, (whole, name) => (used.includes(`var(${name})`) ? whole : ""));
  return fewer === css ? css : withoutUnused(fewer, elsewhere);
}

// Names and contents of the files.
export async function build() {
  const built = new Map();
  for (const options of [{ ...COMMON, entryPoints: ["w.js"] }, WIDGET, STYLES]) {
    const { outputFiles } = await esbuild.build(options);
    for (const { path, text } of outputFiles) built.set(basename(path), text);
  }
  built.set("widget.css", withoutUnused(built.get("widget.css"), built.get("more.css")));
  // Beside the scripts that name it, as it is beside their sources.
  built.set("icons.svg", readFileSync(join(STATIC, "widget/icons.svg"), "utf8"));
  return built;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = await build();
  rmSync(TARGET, { recursive: true, force: true });
  mkdirSync(TARGET);
  for (const [name, text] of built) {
    writeFileSync(join(TARGET, name), text);
    console.log(`${name.padEnd(10)} ${String(gzipSync(text, { level: 9 }).length).padStart(6)} bytes gzipped`);
  }
}
