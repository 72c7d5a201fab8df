// Where the time of a step goes: by kind of kernel and by layer, against what the machine can do.
import type { KernelTime, MachinePeak } from '../engines/instruments.ts';
import type { Origin } from '../graph/types.ts';

/** What some kernels of a step take together, in one step. */
export interface KernelCost {
  readonly milliseconds: number;
  /** Of the step's time. */
  readonly share: number;
  /** Thereof waiting for other threads, in the mean over the threads. */
  readonly waitingMilliseconds: number;
  /** Operations as direct computation counts them: methods that need fewer may exceed the machine's peak. */
  readonly gflops: number;
  readonly shareOfPeak: number;
  /** Of tensors that are read and written; those that come from a cache may exceed the memory's bandwidth. */
  readonly gigabytesPerSecond: number;
  readonly shareOfBandwidth: number;
}

export interface KindCost extends KernelCost {
  readonly kind: string;
  readonly kernels: number;
}

export interface LayerCost extends KernelCost {
  /** The layer's name in the model. */
  readonly layer: string;
  /** Which part of the step. */
  readonly direction: Origin['phase'];
  /** What it runs, with the method where there are several: `Conv (winograd 4x4)`. */
  readonly kernels: readonly string[];
}

export interface StepProfile {
  /** Mean of the steps that were timed. */
  readonly stepMs: number;
  /** Thereof before, between and after the kernels: starting threads, copying batches in and results out. */
  readonly outsideMs: number;
  /** Thereof waiting for other threads, in the mean over the threads. */
  readonly waitingMs: number;
  readonly machine: MachinePeak;
  /** The slowest first. */
  readonly kinds: readonly KindCost[];
  /** The slowest first. */
  readonly layers: readonly LayerCost[];
}

export interface Measurements {
  readonly kernels: readonly KernelTime[];
  /** Runs that the kernels' times are of, and the time of all of them together. */
  readonly steps: number;
  readonly milliseconds: number;
  readonly machine: MachinePeak;
}

export function profileOf({ kernels, steps, milliseconds, machine }: Measurements): StepProfile {
  const stepMs = milliseconds / steps;
  const perStep = kernels.map((kernel) => ({
    ...kernel,
    milliseconds: kernel.milliseconds / steps,
    waitingMilliseconds: kernel.waitingMilliseconds / steps,
  }));
  const costOf = (group: readonly KernelTime[]) => cost(group, stepMs, machine);
  const kinds = grouped(perStep, ({ kind }) => kind).map((group) => ({
    kind: group[0].kind,
    kernels: group.length,
    ...costOf(group),
  }));
  const layers = grouped(perStep, ({ origin }) => `${origin.phase} ${origin.layer}`).map((group) => ({
    layer: group[0].origin.layer,
    direction: group[0].origin.phase,
    kernels: [...new Set(group.map(labelOf))],
    ...costOf(group),
  }));
  return {
    stepMs,
    outsideMs: Math.max(0, stepMs - total(perStep, 'milliseconds')),
    waitingMs: total(perStep, 'waitingMilliseconds'),
    machine,
    kinds: kinds.sort(bySlowness),
    layers: layers.sort(bySlowness),
  };
}

function cost(kernels: readonly KernelTime[], stepMs: number, machine: MachinePeak): KernelCost {
  const milliseconds = total(kernels, 'milliseconds');
  const perSecond = (sum: number) => (milliseconds > 0 ? sum / (milliseconds * 1e6) : 0);
  const gflops = perSecond(total(kernels, 'flops'));
  const gigabytesPerSecond = perSecond(total(kernels, 'bytes'));
  return {
    milliseconds,
    share: milliseconds / stepMs,
    waitingMilliseconds: total(kernels, 'waitingMilliseconds'),
    gflops,
    shareOfPeak: gflops / machine.gflops,
    gigabytesPerSecond,
    shareOfBandwidth: gigabytesPerSecond / machine.gigabytesPerSecond,
  };
}

type Amount = 'milliseconds' | 'waitingMilliseconds' | 'flops' | 'bytes';

function total(kernels: readonly KernelTime[], amount: Amount): number {
  return kernels.reduce((sum, kernel) => sum + kernel[amount], 0);
}

function grouped(kernels: readonly KernelTime[], keyOf: (kernel: KernelTime) => string): KernelTime[][] {
  const groups = new Map<string, KernelTime[]>();
  for (const kernel of kernels) groups.set(keyOf(kernel), [...(groups.get(keyOf(kernel)) ?? []), kernel]);
  return [...groups.values()];
}

function labelOf({ kind, method }: KernelTime): string {
  return method ? `${kind} (${method})` : kind;
}

function bySlowness(a: KernelCost, b: KernelCost): number {
  return b.milliseconds - a.milliseconds;
}
