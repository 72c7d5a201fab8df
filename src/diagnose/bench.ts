// Benchmarks: compile time and speed of a model's steps on an engine, with an optional profile, and kernel tuning.
import { performance } from 'node:perf_hooks';
import { UsageError } from '../base/errors.ts';
import { median } from '../base/numbers.ts';
import type { Engine } from '../engines/engine.ts';
import type { Executable } from '../engines/executable.ts';
import type { Instruments, TuneOptions, TuneResult } from '../engines/instruments.ts';
import type { Model } from '../nn/index.ts';
import type { Shape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type BenchMode, type PreparedStep, withPreparedStep } from './prepared-step.ts';
import { profileOf, type StepProfile } from './profile.ts';

export interface BenchOptions {
  readonly batchSize: number;
  /** Number of timed steps. */
  readonly steps: number;
  /** Number of untimed steps before them. */
  readonly warmUp: number;
  /** Whether to profile the kernels; only the native engine can. Defaults to false. */
  readonly profile?: boolean;
  /** Called after each step with the number of steps done, including warm-up. */
  readonly onStep?: (done: number) => void;
}

export interface BenchResult {
  readonly mode: BenchMode;
  readonly model: string;
  /** [N, C, H, W] */
  readonly input: Shape;
  readonly engine: string;
  readonly steps: number;
  readonly compileMs: number;
  readonly medianMs: number;
  readonly minMs: number;
  /** Throughput of the median step. */
  readonly imagesPerSecond: number;
  /** Peak resident memory of the process so far, in bytes. */
  readonly peakRssBytes: number;
  readonly profile?: StepProfile;
}

/**
 * Compiles one step of a model on an engine and times it on a batch of random images.
 * @throws UsageError if the engine cannot profile but `options.profile` is set
 */
export function bench(
  mode: BenchMode,
  model: Model,
  engine: Engine,
  options: BenchOptions,
): Promise<BenchResult> {
  const { batchSize, steps } = options;
  const instruments = options.profile ? findInstruments(engine, 'profile') : undefined;
  return withPreparedStep(mode, model, engine, batchSize, async (step) => {
    const { compileMs, times, peakRssBytes, profile } = await measure(step, engine, instruments, options);
    const medianMs = median(times);
    return {
      mode,
      model: model.name,
      input: [batchSize, ...model.input],
      engine: engine.name,
      steps,
      compileMs,
      medianMs,
      minMs: Math.min(...times),
      imagesPerSecond: (1000 * batchSize) / medianMs,
      peakRssBytes,
      ...(profile && { profile }),
    };
  });
}

export interface TuneSettings extends TuneOptions {
  readonly batchSize: number;
}

/**
 * Finds the fastest implementation of each kernel of a step on this machine; programs compiled later use it.
 * @throws UsageError if the engine cannot be tuned
 */
export function tune(
  mode: BenchMode,
  model: Model,
  engine: Engine,
  { batchSize, ...options }: TuneSettings,
): Promise<TuneResult> {
  const instruments = findInstruments(engine, 'tune');
  return withPreparedStep(mode, model, engine, batchSize, ({ program, state, feeds }) =>
    instruments.tune(program, state, feeds, options),
  );
}

/** @throws UsageError if the engine can neither profile nor be tuned */
function findInstruments({ instruments, name }: Engine, purpose: 'profile' | 'tune'): Instruments {
  if (instruments) return instruments;
  throw new UsageError(
    `the ${name} engine cannot ${purpose} its kernels; use the native engine, which needs a C compiler ` +
      '(--engine native).',
  );
}

interface Measurement {
  readonly compileMs: number;
  /** Duration of each timed step in milliseconds. */
  readonly times: readonly number[];
  readonly peakRssBytes: number;
  readonly profile?: StepProfile;
}

async function measure(
  { program, state, feeds }: PreparedStep,
  engine: Engine,
  instruments: Instruments | undefined,
  { steps, warmUp, onStep }: BenchOptions,
): Promise<Measurement> {
  const started = performance.now();
  const profiled = await instruments?.compileProfiled(program, state);
  const executable = profiled ?? (await engine.compile(program, state));
  const compileMs = performance.now() - started;
  try {
    await timeRuns(executable, feeds, warmUp, onStep);
    profiled?.clearProfile();
    const times = await timeRuns(executable, feeds, steps, (done) => onStep?.(warmUp + done));
    const peakRssBytes = process.resourceUsage().maxRSS * 1024;
    if (!instruments || !profiled) return { compileMs, times, peakRssBytes };
    const milliseconds = times.reduce((sum, time) => sum + time, 0);
    const measurements = { program, kernels: profiled.profile(), steps, milliseconds };
    const profile = profileOf({ ...measurements, machine: await instruments.measureMachine() });
    return { compileMs, times, peakRssBytes, profile };
  } finally {
    executable.dispose();
  }
}

/** Durations of `count` runs in milliseconds. */
async function timeRuns(
  executable: Executable,
  feeds: Readonly<Record<string, Tensor>>,
  count: number,
  onRun: (done: number) => void = () => {},
): Promise<number[]> {
  const times: number[] = [];
  for (let run = 1; run <= count; run++) {
    const started = performance.now();
    await executable.run(feeds);
    times.push(performance.now() - started);
    onRun(run);
  }
  return times;
}
