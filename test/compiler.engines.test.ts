// A C compiler that fails after the engine was opened: its own words are shown, or another engine takes over.
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, vi } from 'vitest';
import { EngineError } from '../src/base/errors.ts';
import type { Engine } from '../src/engines/engine.ts';
import { engines } from '../src/engines/index.ts';
import { referenceEngine } from '../src/engines/reference/index.ts';
import { fovea } from './cli.ts';
import { nativeTest, toolchain } from './native.ts';
import { relativeError } from './ops.witness.ts';
import { lossesOf, prepare } from './prepared.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { tinyModel } from './tiny.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** A compiler that does `failure`, a line of shell, where it is given kernels. */
function fakeCompiler(failure: string): string {
  const path = join(temporaryFolder(), 'fake-cc');
  const script = ['#!/bin/sh', `case "$*" in *kernels*) ${failure};; esac`, `exec ${toolchain.command} "$@"`];
  writeFileSync(path, script.join('\n'));
  chmodSync(path, 0o755);
  return path;
}

async function open(name: 'auto' | 'native', compiler: string): Promise<Engine> {
  vi.stubEnv('FOVEA_CC', compiler);
  vi.stubEnv('FOVEA_CACHE', temporaryFolder());
  return engines[name]();
}

/** The losses of two steps. */
async function compileAndRun(engine: Engine): Promise<number[]> {
  const { trainProgram, state, feedsOf } = prepare(engine, tinyModel(), 4);
  return lossesOf(await engine.compile(trainProgram, state), feedsOf(trainProgram), 2);
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error) => error,
  );
}

const refusal = 'echo "kernels0.c:1:2: error: on purpose" >&2; exit 1';

/** What is done to a compiler after the engine was opened with it, and what is said then. */
const failures: readonly [string, (compiler: string) => void, RegExp][] = [
  [
    'refuses the code',
    () => {},
    /could not compile kernels\d .*exit code 1.*\nkernels0.c:1:2: error: on purpose\nTo go on, .*FOVEA_CC.* The source is kept as \/.*\.c\.$/,
  ],
  [
    'is killed',
    (compiler) => writeFileSync(compiler, '#!/bin/sh\nkill -KILL $$'),
    /could not compile \w+ .*signal SIGKILL/,
  ],
  [
    'cannot be executed any more',
    (compiler) => chmodSync(compiler, 0),
    /could not compile \w+ .*not started.*EACCES/s,
  ],
  ['is gone', (compiler) => rmSync(compiler), /could not compile \w+ .*not started.*ENOENT/s],
  [
    'has no room for its files',
    () => vi.stubEnv('TMPDIR', '/nowhere'),
    /compiled code cannot be written \(ENOENT.*nowhere.*free some space.*TMPDIR/,
  ],
];

nativeTest.each(failures)(
  'a compiler that %s: its words under native, onnx under auto',
  async (_, fail, words) => {
    const compiler = fakeCompiler(refusal);
    const native = await open('native', compiler);
    const auto = await open('auto', compiler);
    const expected = await compileAndRun(referenceEngine);
    fail(compiler);
    const error = (await errorOf(compileAndRun(native))) as Error;
    expect(error).toBeInstanceOf(EngineError);
    expect(error.message).toMatch(words);
    const notices = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(relativeError(await compileAndRun(auto), expected)).toBeLessThan(1e-5);
    expect(auto.name).toBe('onnx');
    expect(notices.mock.calls).toEqual([
      [expect.stringMatching(/^fovea: the onnx engine runs in place of the native one: [^\n]*\n$/)],
    ]);
  },
);

nativeTest('a compiler that fails in the middle of a training run', async () => {
  const compiler = fakeCompiler('');
  const engine = await open('auto', compiler);
  const notices = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const run = async (on: Engine, between: () => void) => {
    const { trainProgram, forwardProgram, state, feedsOf } = prepare(on, tinyModel(), 4);
    const training = await on.compile(trainProgram, state);
    const losses = await lossesOf(training, feedsOf(trainProgram), 2);
    between();
    await (await on.compile(forwardProgram, state)).run(feedsOf(forwardProgram));
    return [...losses, ...(await lossesOf(training, feedsOf(trainProgram), 2))];
  };
  const expected = await run(referenceEngine, () => {});
  const losses = await run(engine, () => {
    expect(engine.name).toBe('native');
    rmSync(compiler);
  });
  expect(relativeError(losses, expected)).toBeLessThan(1e-4);
  expect(engine.name).toBe('onnx');
  expect(notices).toHaveBeenCalledTimes(1);
});

nativeTest('the command line says which engine took over, or why it stops', async () => {
  const env = { FOVEA_CC: fakeCompiler(refusal), FOVEA_CACHE: temporaryFolder() };
  const args = ['bench', 'train', 'lenet5', '--input', '2,1,32,32', '--steps', '1', '--json'];
  const taken = await fovea(args, { env });
  expect(taken.status).toBe(0);
  expect(JSON.parse(taken.stdout).engine).toBe('onnx');
  expect(taken.stderr.trim().split('\n')).toEqual([expect.stringContaining('error: on purpose')]);
  const stopped = await fovea([...args, '--engine', 'native'], { env });
  expect(stopped.status).toBe(1);
  expect(stopped.stderr).toMatch(/could not compile kernels\d.*error: on purpose.*kept as/s);
});
