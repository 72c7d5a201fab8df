// Building libraries and keeping them.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import {
  endOf,
  nativeTest,
  nativeTestOn,
  programFile,
  startScene,
  toolchain,
} from '../../../../test/native.ts';
import { temporaryFolder } from '../../../../test/temporary-folder.ts';
import { AbortedError, EngineError } from '../../../base/errors.ts';
import { openRuntime } from '../runtime/runtime.ts';
import { buildAndLoad, buildLibrary, type SourceFile } from './build.ts';
import { keyOf, Store } from './store.ts';

const unexpected = (line: string) => {
  throw new Error(line);
};

function build(files: readonly SourceFile[], folder: string) {
  return buildLibrary({ toolchain, files, folder, notify: unexpected });
}

function helperFile(value: number): SourceFile {
  return { name: 'helper', source: `int helper(void) { return ${value}; }` };
}

const main = programFile('extern int helper(void); buffers[0][0] = helper();');

nativeTest('a library is compiled once, and after a change only what changed', async () => {
  const folder = temporaryFolder();
  const first = await build([main, helperFile(1)], folder);
  expect(first.compiled).toBe(2);
  const again = await build([main, helperFile(1)], folder);
  expect(again).toMatchObject({ path: first.path, compiled: 0 });
  const changed = await build([main, helperFile(2)], folder);
  expect(changed.compiled).toBe(1);
  expect(changed.path).not.toBe(first.path);
  const otherFlags = await build([main, { ...helperFile(2), flags: ['-O1'] }], folder);
  expect(otherFlags.compiled).toBe(1);
});

nativeTest('damaged files in the cache are noticed and rebuilt', async () => {
  const folder = temporaryFolder();
  const { path } = await build([main, helperFile(1)], folder);
  const whole = readFileSync(path);
  truncateSync(path, 1000);
  expect(await build([main, helperFile(1)], folder)).toMatchObject({ compiled: 0 });
  for (const name of readdirSync(folder)) truncateSync(join(folder, name), 100);
  const repaired = await build([main, helperFile(1)], folder);
  expect(repaired.compiled).toBe(2);
  expect(readFileSync(repaired.path)).toEqual(whole);
  for (const name of readdirSync(folder)) writeFileSync(join(folder, name), Buffer.alloc(whole.length, 7));
  expect(await build([main, helperFile(1)], folder)).toMatchObject({ compiled: 2, path: repaired.path });
  expect(readdirSync(folder).length).toBe(3);
});

nativeTest.each([
  ['in a file', 'native'],
  ['a file', ''],
])('where the cache is %s, a temporary folder is used, with one line of notice', async (_, inner) => {
  const blocked = join(temporaryFolder(), 'native file');
  writeFileSync(blocked, '');
  const lines: string[] = [];
  const notify = (line: string) => lines.push(line);
  const options = { toolchain, files: [main, helperFile(1)], folder: join(blocked, inner), notify };
  const { path } = await buildLibrary(options);
  expect(existsSync(path)).toBe(true);
  expect(lines).toEqual([expect.stringMatching(/^cannot write to .*native.*FOVEA_CACHE/)]);
  expect(await buildLibrary(options)).toMatchObject({ path, compiled: 0 });
  expect(lines.length).toBe(1);
  rmSync(dirname(path), { recursive: true });
});

nativeTest.each([
  ['the folder', 0o777, 0o700],
  ['the folder, for a group', 0o770, 0o700],
  ['the folder above it', 0o700, 0o777],
])('code is not loaded from a cache where others can write to %s', async (_, mode, modeAbove) => {
  const above = join(temporaryFolder(), 'above');
  const folder = join(above, 'native');
  mkdirSync(folder, { recursive: true });
  const { path: planted } = await build([main, helperFile(1)], folder);
  chmodSync(folder, mode);
  chmodSync(above, modeAbove);
  const lines: string[] = [];
  const notify = (line: string) => lines.push(line);
  const { path, compiled } = await buildLibrary({ toolchain, files: [main, helperFile(1)], folder, notify });
  expect(compiled).toBe(2);
  expect(dirname(path)).not.toBe(dirname(planted));
  expect(lines).toEqual([
    expect.stringMatching(
      /^compiled code is not loaded from .*native, because .* is writable by other users .*FOVEA_CACHE/,
    ),
  ]);
  rmSync(dirname(path), { recursive: true });
});

nativeTest('a file of the cache that others can write, or a link, is compiled again', async () => {
  const folder = temporaryFolder();
  const { path } = await build([main, helperFile(1)], folder);
  chmodSync(path, 0o666);
  expect(await build([main, helperFile(2)], folder)).toMatchObject({ compiled: 1 });
  expect(await build([main, helperFile(1)], folder)).toMatchObject({ path, compiled: 0 });
  expect(statSync(path).mode & 0o777).toBe(0o700);
  const elsewhere = join(temporaryFolder(), 'library.so');
  writeFileSync(elsewhere, readFileSync(path));
  rmSync(path);
  symlinkSync(elsewhere, path);
  expect(await build([main, helperFile(1)], folder)).toMatchObject({ path, compiled: 0 });
  expect(statSync(path).ino).not.toBe(statSync(elsewhere).ino);
});

nativeTest('a FIFO in the cache does not block a build', async () => {
  const folder = temporaryFolder();
  const { path } = await build([main, helperFile(1)], folder);
  rmSync(path);
  execFileSync('mkfifo', [path]);
  expect(await build([main, helperFile(1)], folder)).toMatchObject({ path, compiled: 0 });
});

nativeTest('a library that does not load is compiled again elsewhere', async () => {
  const folder = temporaryFolder();
  const lines: string[] = [];
  const options = { toolchain, files: [programFile('')], folder, notify: (line: string) => lines.push(line) };
  const result = await buildAndLoad(options, (path) => {
    if (dirname(path) === folder) throw new Error('it cannot be executed.');
    return path;
  });
  expect(result.loaded).toBe(result.built.path);
  rmSync(dirname(result.loaded), { recursive: true });
  expect(lines).toEqual([expect.stringMatching(/^it cannot be executed\. It is compiled again in /)]);
});

nativeTest('an error of the compiler is shown, and the source kept', async () => {
  const error = await build([programFile('nonsense;')], temporaryFolder()).catch((error) => error);
  expect(error).toBeInstanceOf(EngineError);
  expect(error.message).toMatch(/could not compile program.*undeclared/s);
  const kept = /kept as (.*)\.$/.exec(error.message)![1];
  expect(readFileSync(kept, 'utf8')).toContain('nonsense;');
  rmSync(dirname(kept), { recursive: true });
});

// Elsewhere the linker refuses it.
nativeTestOn({ platform: 'linux' })(
  'a function that is nowhere is an error when the program is loaded',
  async () => {
    const runtime = await openRuntime(toolchain, 1);
    const { path } = await build([main], temporaryFolder());
    expect(() => runtime.load(path)).toThrow(/does not load .*helper/);
    runtime.dispose();
  },
);

nativeTest('several processes may build the same thing at the same time', async () => {
  const env = { FOVEA_CACHE: temporaryFolder() };
  const endings = await Promise.all([1, 2, 3].map(() => endOf(startScene('builds a library', env))));
  for (const { code, output } of endings)
    expect({ code, output }).toEqual({ code: 0, output: endings[0].output });
  expect(readdirSync(join(env.FOVEA_CACHE, 'native')).length).toBe(2);
});

nativeTest('what crashed processes left in the cache is removed after an hour', async () => {
  const folder = temporaryFolder();
  const [old, young] = [join(folder, '.a.so.0123456789ab.tmp'), join(folder, '.b.so.0123456789ab.tmp')];
  for (const path of [old, young]) writeFileSync(path, 'half of a library');
  utimesSync(old, Date.now() / 1e3 - 3700, Date.now() / 1e3 - 3700);
  await build([programFile('')], folder);
  expect([old, young].map((path) => existsSync(path))).toEqual([false, true]);
});

nativeTest('what was not used for longest leaves a full cache', async () => {
  const folder = temporaryFolder();
  const store = await Store.open(folder, unexpected);
  const made = join(folder, 'made');
  const paths: string[] = [];
  for (const age of [30, 10, 20, 40]) {
    writeFileSync(made, `${age}`.repeat(500));
    const path = await store.keep(keyOf([`${age}`]), made, '.o');
    utimesSync(path, Date.now() / 1e3 - age, Date.now() / 1e3 - age);
    paths.push(path);
  }
  await store.find(keyOf(['40']));
  await store.clear(4000);
  expect(paths.map((path) => existsSync(path))).toEqual([true, true, true, true]);
  await store.clear(3500);
  expect(paths.map((path) => existsSync(path))).toEqual([false, true, false, true]);
  expect(existsSync(made)).toBe(true);
});

nativeTest('a signal ends compiling at once, and is not reported as a failure of the compiler', async () => {
  const folder = temporaryFolder();
  const aborter = new AbortController();
  const slow = join(folder, 'slowcc');
  writeFileSync(slow, '#!/bin/sh\nsleep 100\n', { mode: 0o755 });
  const started = performance.now();
  const building = buildLibrary({
    toolchain: { ...toolchain, command: slow },
    files: [main, helperFile(1)],
    folder,
    signal: aborter.signal,
  });
  setTimeout(() => aborter.abort('SIGTERM'), 100);
  await expect(building).rejects.toThrow(AbortedError);
  await expect(building).rejects.toThrow('compiling was interrupted (SIGTERM).');
  expect(performance.now() - started).toBeLessThan(20e3);
});

nativeTest(
  'a compiler that hangs at one file is ended after a time, and the error says what to do',
  async () => {
    const folder = temporaryFolder();
    const hanging = join(folder, 'hangcc');
    writeFileSync(hanging, '#!/bin/sh\nsleep 100\n', { mode: 0o755 });
    const options = { toolchain: { ...toolchain, command: hanging }, files: [main], folder };
    await expect(buildLibrary({ ...options, timeout: 200 })).rejects.toThrow(
      /could not compile .*no end after 0.2 s.*FOVEA_CC/s,
    );
  },
);
