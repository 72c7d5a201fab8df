// Builds dist/ from src/ in a clone, once, however many processes start together. An installed package has no
// tsconfig.build.json, and is run as it is.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const root = join(import.meta.dirname, '..');
const project = join(root, 'tsconfig.build.json');
const dist = join(root, 'dist');
const entry = join(dist, 'cli', 'main.js');
const stamp = join(dist, '.built');
const buildInfo = join(dist, '.tsbuildinfo');
const lock = join(dist, '.building');

/**
 * Whether there is a build to run; if not, the reason has been written to the error output. FOVEA_BUILD=0 takes dist/ as
 * it is.
 */
export async function ensureBuilt() {
  if (process.env.FOVEA_BUILD === '0' || !existsSync(project) || isFresh())
    return existsSync(entry) || complain('dist/ is missing: reinstall the package.');
  const compiler = findCompiler();
  if (!compiler) {
    return (
      existsSync(entry) ||
      complain('dist/ is missing and TypeScript is not installed: run npm ci, then npm run build.')
    );
  }
  mkdirSync(dist, { recursive: true });
  while (!takeLock()) await setTimeout(50);
  try {
    return isFresh() || build(compiler);
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Whether the last build began after the last change of a source file. */
function isFresh() {
  const built = Math.max(modified(stamp), modified(buildInfo));
  return existsSync(entry) && built >= newestSource();
}

function newestSource() {
  const files = readdirSync(join(root, 'src'), { recursive: true }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
  );
  return Math.max(...files.map((file) => modified(join(root, 'src', file))));
}

function modified(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function findCompiler() {
  try {
    return createRequire(import.meta.url).resolve('typescript/bin/tsc');
  } catch {
    return undefined;
  }
}

/** True if this process may build; a lock whose process is gone is removed. */
function takeLock() {
  try {
    const file = openSync(lock, 'wx');
    writeFileSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (isAbandoned()) rmSync(lock, { force: true });
    return false;
  }
}

function isAbandoned() {
  try {
    const owner = Number(readFileSync(lock, 'utf8'));
    // Between its creation and its first byte the lock names nobody; that lasts moments.
    if (owner === 0) return Date.now() - modified(lock) > 10_000;
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** Compiles without checking types, which is the business of `npm run types`. */
function build(compiler) {
  console.error('fovea: building dist/ from src/ (once) ...');
  const started = new Date();
  rmSync(buildInfo, { force: true }); // It would no longer describe what dist/ holds.
  const arguments_ = [
    compiler,
    '-p',
    project,
    '--noCheck',
    '--incremental',
    'false',
    '--tsBuildInfoFile',
    'null',
  ];
  const { status } = spawnSync(process.execPath, arguments_, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) return complain('the build failed; see above.');
  writeFileSync(stamp, '');
  utimesSync(stamp, started, started);
  return true;
}

function complain(message) {
  console.error(`error: ${message}`);
  return false;
}
