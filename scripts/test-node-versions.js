// Runs the fast tests on other versions of Node: node scripts/test-node-versions.js [VERSION...]
// The binaries come from the npm package `node` and are kept in node_modules/.cache. Arguments after -- go to vitest.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const supported = ['20', '22', '24', '26'];

/** Path of the binary, installed if it is missing. */
function binaryOf(version) {
  const folder = join(root, 'node_modules', '.cache', 'node-versions', version);
  const binary = join(
    folder,
    'node_modules',
    'node',
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  // The package links its binary in an install script, which .npmrc of this project does not allow.
  const install = ['install', `node@${version}`, '--no-audit', '--no-fund', '--ignore-scripts=false'];
  spawnSync('npm', install, { cwd: folder, stdio: 'inherit', shell: process.platform === 'win32' });
  return existsSync(binary) ? binary : undefined;
}

const split = process.argv.indexOf('--');
const given = process.argv.slice(2, split < 0 ? undefined : split);
const options = split < 0 ? [] : process.argv.slice(split + 1);

const results = (given.length > 0 ? given : supported).map((version) => {
  const binary = binaryOf(version);
  if (!binary) return { version, outcome: 'could not be installed' };
  console.log(`\n== Node ${spawnSync(binary, ['--version'], { encoding: 'utf8' }).stdout.trim()}`);
  const command = [vitest, 'run', '--project', 'fast', ...options];
  const { status } = spawnSync(binary, command, { cwd: root, stdio: 'inherit' });
  return { version, outcome: status === 0 ? 'passed' : 'failed' };
});
console.log('');
for (const { version, outcome } of results) console.log(`Node ${version}: ${outcome}`);
process.exitCode = results.every(({ outcome }) => outcome === 'passed') ? 0 : 1;
