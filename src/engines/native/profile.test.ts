// Clocks between the kernels of real programs.
import { expect } from 'vitest';
import { nativeTest } from '../../../test/native.ts';
import { createModel } from '../../models/index.ts';
import { forwardProgram } from '../../program/programs.ts';
import { zeros } from '../../tensor/tensor.ts';
import { openNativeEngine } from './index.ts';

nativeTest('kernels are clocked, with their operations and the bytes of their tensors', async () => {
  const engine = await openNativeEngine({ threads: 2 });
  const program = forwardProgram(createModel('lenet5'), { batchSize: 4 });
  const state = engine.createState(program.variables.map(({ variable }) => variable));
  const executable = await engine.instruments!.compileProfiled(program, state);
  const feeds = { images: zeros([4, 1, 32, 32]) };
  const started = performance.now();
  for (let run = 0; run < 3; run++) await executable.run(feeds);
  const elapsed = performance.now() - started;
  const kernels = executable.profile();
  expect(kernels[0]).toMatchObject({ name: 'conv1', kind: 'Conv', flops: 2 * 4 * 6 * 28 * 28 * 25 });
  expect(kernels[0].bytes).toBeGreaterThan(4 * (4 * 32 * 32 + 4 * 6 * 28 * 28));
  expect(kernels.at(-1)).toMatchObject({ name: 'fc2', kind: 'Gemm' });
  const total = kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  expect(Math.min(...kernels.map(({ milliseconds }) => milliseconds))).toBeGreaterThan(0);
  expect(total).toBeLessThan(elapsed);
  executable.clearProfile();
  expect(executable.profile()[0].milliseconds).toBe(0);
  executable.dispose();
  state.dispose();
});
