// Runs the tests of engines and command line as on other machines: node scripts/test-matrix.js [ROW...]
// A row restricts the instruction sets of tests and engine (FOVEA_TEST_CPU), and selects a compiler or hides all compilers.
// Rows whose requirements are missing are skipped with a reason. Arguments after -- go to vitest.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');

/** Requirements and environment of each row. */
const rows = {
  'no-compiler': { env: () => ({ PATH: pathWithoutCompilers(), FOVEA_CC: undefined }) },
  ...Object.fromEntries(
    ['sse2', 'avx2', 'avx512'].flatMap((level) =>
      ['gcc', 'clang'].map((compiler) => [
        `${level}-${compiler}`,
        { level, compiler, env: () => ({ FOVEA_TEST_CPU: level, FOVEA_CC: compiler }) },
      ]),
    ),
  ),
};

/** Levels that not every x86-64 processor has, by a feature that /proc/cpuinfo lists. */
const features = { avx2: 'avx2', avx512: 'avx512bw' };

/** Why a row cannot run here; undefined if it can. */
function obstacle({ level, compiler }) {
  if (level && process.arch !== 'x64') return 'the processor is not of the x86-64 family';
  const feature = features[level];
  if (feature && !new RegExp(`^flags.*\\b${feature}\\b`, 'm').test(read('/proc/cpuinfo')))
    return `no ${level}`;
  if (compiler && spawnSync(compiler, ['--version']).error) return `no ${compiler}`;
  return undefined;
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

let emptied;

/** A folder with links to all commands of PATH except C compilers. */
function pathWithoutCompilers() {
  emptied = mkdtempSync(join(tmpdir(), 'fovea-path-'));
  const isCompiler = (name) => /^(c89|c99|cc|tcc|(.*-)?(gcc|clang|g\+\+|c\+\+)(-[\d.]+)?)$/.test(name);
  for (const folder of process.env.PATH.split(delimiter)) {
    for (const name of list(folder)) if (!isCompiler(name)) link(join(folder, name), join(emptied, name));
  }
  return emptied;
}

function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The first command of a name counts. */
function link(target, path) {
  try {
    symlinkSync(target, path);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
}

const split = process.argv.indexOf('--');
const names = process.argv.slice(2, split < 0 ? undefined : split);
const options = split < 0 ? [] : process.argv.slice(split + 1);
const unknown = names.filter((name) => !Object.hasOwn(rows, name));
if (unknown.length > 0) {
  console.error(`error: unknown row ${unknown.join(', ')}. Known: ${Object.keys(rows).join(', ')}.`);
  process.exit(2);
}

const results = [];
for (const name of names.length > 0 ? names : Object.keys(rows)) {
  const reason = obstacle(rows[name]);
  if (reason) {
    results.push(`${name}: skipped, ${reason}`);
    continue;
  }
  console.log(`\n== ${name}`);
  const command = [vitest, 'run', '--project', 'engines', '--project', 'cli', ...options];
  const env = { ...process.env, ...rows[name].env() };
  const { status } = spawnSync(process.execPath, command, { cwd: root, env, stdio: 'inherit' });
  results.push(`${name}: ${status === 0 ? 'passed' : 'failed'}`);
  if (status !== 0) process.exitCode = 1;
}
if (emptied) rmSync(emptied, { recursive: true });
console.log(`\n${results.join('\n')}`);
