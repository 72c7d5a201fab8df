// How fast an engine runs the steps of a model, and where their time goes.
import { performance } from 'node:perf_hooks';
import { UsageError } from '../base/errors.ts';
import { median } from '../base/numbers.ts';
import type { Engine, Executable } from '../engines/engine.ts';
import type { Instruments, TuneOptions, TuneResult } from '../engines/instruments.ts';
import type { Model } from '../nn/index.ts';
import type { Shape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type BenchMode, type PreparedStep, withPreparedStep } from './prepared-step.ts';
import { profileOf, type StepProfile } from './profile.ts';

export type { BenchMode } from './prepared-step.ts';

export interface BenchOptions {
  readonly batchSize: number;
  /** Steps that are timed. */
  readonly steps: number;
  /** Steps before them that are not. */
  readonly warmUp: number;
  /** Whether to say where the time goes; engines without instruments cannot. */
  readonly profile?: boolean;
  /** Called after each step with the number of steps done, those of the warm-up included. */
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
  /** Of the median step. */
  readonly imagesPerSecond: number;
  /** Largest memory that the process has held so far, in bytes. */
  readonly peakRssBytes: number;
  readonly profile?: StepProfile;
}

/**
 * Compiles one step of a model on an engine and times it on random images, which are made once.
 * @throws UsageError if a profile is asked of an engine that cannot make one
 */
export function bench(
  mode: BenchMode,
  model: Model,
  engine: Engine,
  options: BenchOptions,
): Promise<BenchResult> {
  const { batchSize, steps } = options;
  const instruments = options.profile ? instrumentsOf(engine, 'profile') : undefined;
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
 * Measures which of several ways to compute the kernels of a step is the fastest here, for all that is compiled later.
 * @throws UsageError if the engine knows only one way
 */
export function tune(
  mode: BenchMode,
  model: Model,
  engine: Engine,
  { batchSize, ...options }: TuneSettings,
): Promise<TuneResult> {
  const instruments = instrumentsOf(engine, 'tune');
  return withPreparedStep(mode, model, engine, batchSize, ({ program, state, feeds }) =>
    instruments.tune(program, state, feeds, options),
  );
}

/** @throws UsageError if the engine has none */
function instrumentsOf({ instruments, name }: Engine, purpose: 'profile' | 'tune'): Instruments {
  if (instruments) return instruments;
  throw new UsageError(
    `the ${name} engine cannot ${purpose} its kernels; choose the native one, which needs a C compiler, with ` +
      '--engine native.',
  );
}

interface Measured {
  readonly compileMs: number;
  /** Milliseconds of each timed step. */
  readonly times: readonly number[];
  readonly peakRssBytes: number;
  readonly profile?: StepProfile;
}

async function measure(
  { program, state, feeds }: PreparedStep,
  engine: Engine,
  instruments: Instruments | undefined,
  { steps, warmUp, onStep }: BenchOptions,
): Promise<Measured> {
  const started = performance.now();
  const clocked = await instruments?.compileProfiled(program, state);
  const executable = clocked ?? (await engine.compile(program, state));
  const compileMs = performance.now() - started;
  try {
    await timeRuns(executable, feeds, warmUp, onStep);
    clocked?.clearProfile();
    const times = await timeRuns(executable, feeds, steps, (done) => onStep?.(warmUp + done));
    const peakRssBytes = process.resourceUsage().maxRSS * 1024;
    if (!instruments || !clocked) return { compileMs, times, peakRssBytes };
    const milliseconds = times.reduce((sum, time) => sum + time, 0);
    const measurements = { program, kernels: clocked.profile(), steps, milliseconds };
    const profile = profileOf({ ...measurements, machine: await instruments.measureMachine() });
    return { compileMs, times, peakRssBytes, profile };
  } finally {
    executable.dispose();
  }
}

/** Milliseconds of each of `count` runs. */
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
