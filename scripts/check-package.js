// Checks the package as it would be published: its files, its entry points (publint), its types (are-the-types-wrong).
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const UNWANTED = /\.map$|\.test\.|\.tsbuildinfo$|^(src|test)\//;

const folder = mkdtempSync(join(tmpdir(), 'fovea-package-'));
try {
  runNode('scripts/third-party-notices.js', '--check');
  const tarball = pack();
  runNode('node_modules/publint/src/cli.js', 'run', tarball, '--strict');
  // CommonJS programs get the ES module by require(), which every supported version of Node allows.
  runNode('node_modules/@arethetypeswrong/cli/dist/index.js', tarball, '--profile', 'esm-only');
} catch (error) {
  console.error(error.stdout || error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Packs dist/ as it is. @returns the path of the tarball */
function pack() {
  const options = ['--ignore-scripts', '--json', '--pack-destination', folder];
  const [{ filename, files }] = JSON.parse(run('npm', 'pack', ...options));
  const unwanted = files.map(({ path }) => path).filter((path) => UNWANTED.test(path));
  if (unwanted.length > 0) throw new Error(`the package has unnecessary files: ${unwanted.join(', ')}`);
  return join(folder, filename);
}

function runNode(...args) {
  return run(process.execPath, ...args);
}

/** @returns the output of the command; if it fails, the error contains it */
function run(command, ...args) {
  // npm is a shell script on Windows.
  const shell = command === 'npm' && process.platform === 'win32';
  return execFileSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    shell,
  });
}
