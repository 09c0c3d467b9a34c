/** Run the unit tests of the client with node's own runner: bundled, because node runs no TypeScript. */

import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(fileURLToPath(import.meta.url));
const tests = join(root, "..", "..", "tests", "experiment", "browser");
const out = await mkdtemp(join(tmpdir(), "client-tests-"));
const names = (await readdir(tests)).filter((name) => name.endsWith(".test.ts"));
await build({
  entryPoints: names.map((name) => join(tests, name)),
  bundle: true,
  platform: "node",
  format: "esm",
  outExtension: { ".js": ".mjs" },
  nodePaths: [join(root, "node_modules")],
  outdir: out,
});
const files = names.map((name) => join(out, name.replace(/ts$/, "mjs")));
const done = spawnSync(process.execPath, ["--test", "--test-timeout=20000", ...files], {
  stdio: "inherit",
  timeout: 60_000,
  killSignal: "SIGKILL",
});
await rm(out, { recursive: true });
process.exit(done.status ?? 1);
