// Profiles made from the times of kernels.
import { expect, test } from 'vitest';
import type { KernelTime } from '../engines/instruments.ts';
import { profileOf } from './profile.ts';

const machine = { gflops: 100, gigabytesPerSecond: 10 };

const kernel = (name: string, kind: string, milliseconds: number, further: Partial<KernelTime> = {}) => ({
  name,
  origin: { layer: name, phase: 'forward' } as const,
  kind,
  milliseconds,
  waitingMilliseconds: 0,
  flops: 0,
  bytes: 0,
  ...further,
});

test('times are summed up by kind and by layer, against the step and the machine', () => {
  const origin = { layer: 'fc1', phase: 'weight gradient' } as const;
  const { kinds, layers, ...step } = profileOf({
    kernels: [
      kernel('conv1', 'Conv', 4, { flops: 1e8, method: 'winograd' }),
      kernel('conv2', 'Conv', 8, { flops: 1e8, waitingMilliseconds: 2 }),
      kernel('fc1.grad.Gemm_2', 'Gemm', 2, { bytes: 5e6, origin }),
      kernel('fc1.grad.ReduceSum', 'ReduceSum', 2, { bytes: 5e6, origin }),
    ],
    steps: 2,
    milliseconds: 20,
    machine,
  });
  expect(step).toEqual({ stepMs: 10, outsideMs: 2, waitingMs: 1, machine });
  expect(kinds.map(({ kind, kernels }) => [kind, kernels])).toEqual([
    ['Conv', 2],
    ['Gemm', 1],
    ['ReduceSum', 1],
  ]);
  expect(kinds[0]).toMatchObject({ milliseconds: 6, share: 0.6, waitingMilliseconds: 1 });
  expect(kinds[0].gflops).toBeCloseTo(2e8 / 6e6);
  expect(kinds[0].shareOfPeak).toBeCloseTo(2e8 / 6e6 / 100);
  expect(layers.map(({ layer, direction, kernels }) => [layer, direction, ...kernels])).toEqual([
    ['conv2', 'forward', 'Conv'],
    ['conv1', 'forward', 'Conv (winograd)'],
    ['fc1', 'weight gradient', 'Gemm', 'ReduceSum'],
  ]);
  expect(layers[2]).toMatchObject({
    milliseconds: 2,
    gigabytesPerSecond: 5,
    shareOfBandwidth: 0.5,
    gflops: 0,
  });
});
