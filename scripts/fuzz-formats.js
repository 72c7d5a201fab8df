// Reads damaged weight files: npm run fuzz. FOVEA_FUZZ and FOVEA_FUZZ_LARGE set the numbers of small and large ones, or a range FROM-TO.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const test = ['run', '--project', 'fast', 'test/formats.fuzz.test.ts'];
const { status } = spawnSync(process.execPath, [vitest, ...test], {
  cwd: root,
  stdio: 'inherit',
  env: { FOVEA_FUZZ: '100000', FOVEA_FUZZ_LARGE: '300', ...process.env },
});
process.exitCode = status ?? 1;
