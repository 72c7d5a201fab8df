// The bench command: its profiles, and tuning.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fovea, foveaJson } from '../../../test/cli.ts';
import { nativeTest } from '../../../test/native.ts';
import { temporaryFolder } from '../../../test/temporary-folder.ts';
import type { BenchResult } from '../../diagnose/bench.ts';
import type { TuneResult } from '../../engines/instruments.ts';

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
  expect(stdout).toMatch(/^profile: a step of [\d.]+ ms, [\d.]+% outside kernels/m);
  const [, layers] = stdout.split(/^layer +part +ms .*\n/m);
  expect(layers).toMatch(/^(.*%\n){3}and \d+ more; show them with --layers all\n$/);
});

nativeTest('tuning measures the convolutions and keeps what it finds in the cache folder', async () => {
  const folder = temporaryFolder();
  const settings = { env: { FOVEA_CACHE: folder } };
  const args = ['bench', 'infer', 'lenet5', '--input', '4,1,32,32', '--steps', '2', '--tune-seconds', '0.1'];
  const { tuning, medianMs } = await foveaJson<BenchResult & { tuning: TuneResult }>(args, settings);
  expect(tuning.kernels.map(({ names }) => names)).toEqual([['conv1'], ['conv2']]);
  for (const { kind, methods, usualMs, milliseconds } of tuning.kernels) {
    expect(kind).toBe('Conv');
    expect(methods).toBeGreaterThan(1);
    expect(milliseconds).toBeLessThanOrEqual(usualMs);
  }
  expect(medianMs).toBeGreaterThan(0);
  expect(JSON.parse(readFileSync(tuning.path, 'utf8'))).toMatchObject({ choices: expect.any(Object) });
  expect(tuning.path.startsWith(folder)).toBe(true);
});

test('an engine that cannot look into its steps says which one can', async () => {
  const { status, stderr } = await fovea(['bench', 'infer', 'lenet5', '--engine', 'onnx', '--profile']);
  expect(status).toBe(2);
  expect(stderr).toContain('the onnx engine cannot profile its kernels; use the native engine');
});
