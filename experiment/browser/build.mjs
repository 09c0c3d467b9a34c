/** Bundle the client: bundle/client.js, client.css, and the licences of what is in it. */

import { build } from "esbuild";
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(root, "bundle");

const made = await build({
  absWorkingDir: root,
  entryPoints: { client: "src/main.ts" },
  bundle: true,
  format: "iife",
  target: ["es2022", "chrome109", "firefox115", "safari16.4"],
  minify: true,
  legalComments: "none",
  charset: "utf8",
  metafile: true,
  write: false,
  outdir: out,
});
const styles = await build({
  absWorkingDir: root,
  entryPoints: { client: "src/style.css" },
  bundle: true,
  minify: true,
  target: ["chrome109", "firefox115", "safari16.4"],
  write: false,
  outdir: out,
});

await mkdir(out, { recursive: true });
for (const file of [...made.outputFiles, ...styles.outputFiles]) await writeFile(file.path, file.contents);
await copyFile(join(root, "src", "icon.svg"), join(out, "icon.svg"));
await writeFile(join(out, "LICENSES.txt"), await licences(Object.keys(made.metafile.inputs)));

/** Return the licences of the packages that are in the bundle. */
async function licences(inputs) {
  const packages = new Set(
    inputs.map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]).filter(Boolean),
  );
  const texts = await Promise.all([...packages].sort().map(licence));
  return `The client contains these packages.\n\n${texts.join("\n----\n\n")}`;
}

async function licence(name) {
  const folder = join(root, "node_modules", name);
  const { version, license, author } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((each) => /^licen[cs]e/i.test(each));
  if (!file && license !== "MIT")
    throw new Error(`${name}: add the text of its licence (${license}) to licences/`);
  const text = file
    ? await readFile(join(folder, file), "utf8")
    : (await readFile(join(root, "licences", "MIT.txt"), "utf8")).replace("{author}", author?.name ?? author);
  return `${name} ${version}\n\n${text.trim()}\n`;
}
