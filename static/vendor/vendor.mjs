// Fetches the browser libraries again from npm and writes them into preact-kit/:
//     node static/vendor/vendor.mjs [preact@11 htm@3 …]
// A developer's step: neither the server nor the tests need npm. Bare imports become relative ones that
// end in ";", because browsers know no package names and Django's hashing rewrites only that form.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const TARGET = join(dirname(fileURLToPath(import.meta.url)), "preact-kit");
const PACKAGES = {
  preact: { range: "11", files: { "dist/preact.mjs": "preact.js", "hooks/dist/hooks.mjs": "hooks.js" } },
  htm: { range: "3", files: { "dist/htm.mjs": "htm.js" } },
  "@preact/signals-core": { range: "1", files: { "dist/signals-core.mjs": "signals-core.js" } },
  "@preact/signals": { range: "2", files: { "dist/signals.mjs": "signals.js" } },
};
const SPECIFIERS = {
  preact: "./preact.js",
  "preact/hooks": "./hooks.js",
  "@preact/signals-core": "./signals-core.js",
};

function relative(source) {
  return source
    .replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n")
    .replace(/(\bfrom|\bimport)\s*"([^".][^"]*)"\s*;?/g, (whole, word, name) => {
      if (!(name in SPECIFIERS)) throw new Error(`unknown import ${name}`);
      return `${word} "${SPECIFIERS[name]}";`;
    });
}

const wanted = new Map(Object.entries(PACKAGES).map(([name, entry]) => [name, entry.range]));
for (const argument of process.argv.slice(2)) {
  const at = argument.lastIndexOf("@");
  const [name, range] = at > 0 ? [argument.slice(0, at), argument.slice(at + 1)] : [argument, "latest"];
  if (!wanted.has(name)) throw new Error(`not one of ours: ${name}`);
  wanted.set(name, range);
}

const work = mkdtempSync(join(tmpdir(), "vendor-"));
const listed = [];
try {
  for (const [name, range] of wanted) {
    const [packed] = JSON.parse(execFileSync("npm", ["pack", "--json", `${name}@${range}`], { cwd: work, stdio: ["ignore", "pipe", "ignore"] }));
    execFileSync("tar", ["xzf", packed.filename], { cwd: work });
    const folder = join(work, "package");
    const licence = `LICENSE-${name.replace("@", "").replace("/", "-")}.txt`;
    writeFileSync(join(TARGET, licence), readFileSync(join(folder, "LICENSE")));
    for (const [from, to] of Object.entries(PACKAGES[name].files)) {
      const text = relative(readFileSync(join(folder, from), "utf8"));
      writeFileSync(join(TARGET, to), text);
      listed.push({
        file: to, name, version: packed.version, source: from, license: licence,
        sha256: createHash("sha256").update(text).digest("hex"), integrity: packed.integrity,
      });
    }
    rmSync(folder, { recursive: true });
  }
} finally {
  rmSync(work, { recursive: true });
}
writeFileSync(join(TARGET, "VENDOR.json"), `${JSON.stringify(listed, null, 2)}\n`);
console.log(listed.map((one) => `${one.name}@${one.version} ${one.file}`).join("\n"));
