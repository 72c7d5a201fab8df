// Which build of ONNX Runtime is loaded, and that both train alike.
import { afterEach, expect, test, vi } from 'vitest';
import { lossesOf, prepare } from '../../../test/prepared.ts';
import { tinyModel } from '../../../test/tiny.ts';
import { EngineError } from '../../base/errors.ts';
import { openOnnxEngine } from './index.ts';
import { loaders, loadOnnxRuntime } from './library.ts';

afterEach(() => vi.restoreAllMocks());

/** The error of Node for a package that is not installed. */
const notInstalled = Object.assign(new Error("Cannot find package 'onnxruntime-node'"), {
  code: 'ERR_MODULE_NOT_FOUND',
});
const fails = (error: Error) => () => Promise.reject(error);

test('the native package is preferred', async () => {
  const library = await loadOnnxRuntime(1);
  expect(library).toMatchObject({ build: 'native', version: expect.stringMatching(/^1\./) });
  expect(library.advice).toBeUndefined();
});

test('without it the WebAssembly build is loaded, with advice how to install it', async () => {
  const library = await loadOnnxRuntime(1, { ...loaders, native: fails(notInstalled) });
  expect(library).toMatchObject({ build: 'WebAssembly', version: expect.stringMatching(/^1\./) });
  expect(library.advice).toContain('npm install onnxruntime-node --ignore-scripts');
});

test.each([
  [undefined, 'libonnxruntime.so.1: cannot open shared object file'],
  ['MODULE_NOT_FOUND', "Cannot find module '../bin/napi-v6/darwin/x64/onnxruntime_binding.node'"],
])('a native package that does not load is named with its reason, and not advised', async (code, reason) => {
  const stack = '\nRequire stack:\n- /app/node_modules/onnxruntime-node/dist/binding.js';
  const broken = Object.assign(new Error(reason + stack), { code });
  const { build, advice } = await loadOnnxRuntime(1, { ...loaders, native: fails(broken) });
  expect(build).toBe('WebAssembly');
  expect(advice?.split(', but it does not load here: ')[1]).toBe(reason);
});

test('if neither loads, the error gives both reasons and the command', async () => {
  const failing = { native: fails(notInstalled), wasm: fails(new Error('Out of memory')) };
  const load = loadOnnxRuntime(1, failing);
  await expect(load).rejects.toThrow(EngineError);
  await expect(load).rejects.toThrow(
    /Cannot find package.*install it with: npm install onnxruntime-node --ignore-scripts.*Out of memory/,
  );
});

test('both builds train to the same losses, and only WebAssembly is announced, once', async () => {
  const announced = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const expected = await lossesOfEngine();
  expect(announced).not.toHaveBeenCalled();
  vi.spyOn(loaders, 'native').mockRejectedValue(notInstalled);
  const losses = await lossesOfEngine();
  await lossesOfEngine();
  for (const [step, loss] of losses.entries()) expect(loss).toBeCloseTo(expected[step], 5);
  expect(announced.mock.calls).toEqual([[expect.stringMatching(/runs as WebAssembly.*npm install/)]]);
});

/** The losses of three training steps. */
async function lossesOfEngine(): Promise<number[]> {
  const engine = await openOnnxEngine({ threads: 1 });
  const { trainProgram, state, feedsOf } = prepare(engine, tinyModel(), 4);
  return lossesOf(await engine.compile(trainProgram, state), feedsOf(trainProgram), 3);
}
