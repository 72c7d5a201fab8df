// The bench command: its profiles.
import { expect, test } from 'vitest';
import { fovea, foveaJson } from '../../../test/cli.ts';
import { nativeTest } from '../../../test/native.ts';
import type { BenchResult } from '../../inspect/bench.ts';

const train = ['bench', 'train', 'lenet5', '--input', '8,1,32,32', '--steps', '5', '--engine', 'native'];

nativeTest('a profile says where the time of a step goes', async () => {
  const { profile, medianMs } = await foveaJson<BenchResult>([...train, '--profile']);
  const { kinds, layers, outsideMs, stepMs, machine } = profile!;
  expect(kinds.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['Conv', 'Gemm', 'MomentumUpdate']));
  for (const costs of [kinds, layers])
    expect(costs.reduce((sum, { milliseconds }) => sum + milliseconds, outsideMs)).toBeCloseTo(stepMs, 6);
  expect(layers).toContainEqual(expect.objectContaining({ layer: 'conv2', direction: 'weight gradient' }));
  expect(machine.gflops).toBeGreaterThan(1);
  expect(stepMs).toBeGreaterThan(medianMs / 10);
});

nativeTest('a profile is printed as tables of kinds and of the slowest layers', async () => {
  const { stdout, status } = await fovea([...train, '--layers', '3']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^where the time goes: a step of [\d.]+ ms, [\d.]+% outside kernels/m);
  const [, layers] = stdout.split(/^layer +part +ms .*\n/m);
  expect(layers).toMatch(/^(.*%\n){3}and \d+ more, which --layers all shows\n$/);
});

test('an engine that cannot look into its steps says which one can', async () => {
  const { status, stderr } = await fovea(['bench', 'infer', 'lenet5', '--engine', 'onnx', '--profile']);
  expect(status).toBe(2);
  expect(stderr).toContain('the onnx engine cannot profile its kernels; choose the native one');
});
