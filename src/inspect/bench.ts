// How fast an engine runs the steps of a model.
import { performance } from 'node:perf_hooks';
import type { Engine, Executable, State } from '../engines/engine.ts';
import { initialise, type Model } from '../nn/index.ts';
import { momentum } from '../optim/optimizers.ts';
import { forwardStep, trainStep } from '../program/steps.ts';
import type { Shape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { lossFor, randomFeeds } from './random-feeds.ts';

/** A whole training step by SGD with momentum 0.9, or a forward pass as prediction does it. */
export type BenchMode = 'train' | 'infer';

export interface BenchOptions {
  readonly batchSize: number;
  /** Steps that are timed. */
  readonly steps: number;
  /** Steps before them that are not. */
  readonly warmUp: number;
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
}

/** Compiles one step of a model on an engine and times it on random images, which are made once. */
export async function bench(
  mode: BenchMode,
  model: Model,
  engine: Engine,
  options: BenchOptions,
): Promise<BenchResult> {
  const { batchSize } = options;
  const loss = lossFor(model);
  const program =
    mode === 'train'
      ? trainStep(model, { batchSize, loss, optimizer: momentum() })
      : forwardStep(model, { batchSize });
  const feeds = randomFeeds(program, model, { batchSize, loss, seed: 0 });
  const state = engine.createState(program.variables.map(({ variable }) => variable));
  try {
    writeStart(state, model);
    const started = performance.now();
    const executable = await engine.compile(program, state);
    const compileMs = performance.now() - started;
    const times = await timeSteps(executable, feeds, options).finally(() => executable.dispose());
    const medianMs = median(times);
    return {
      mode,
      model: model.name,
      input: [batchSize, ...model.input],
      engine: engine.name,
      steps: options.steps,
      compileMs,
      medianMs,
      minMs: Math.min(...times),
      imagesPerSecond: (1000 * batchSize) / medianMs,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
    };
  } finally {
    state.dispose();
  }
}

/** Starting values of the weights; what the optimizer keeps starts at zero. */
function writeStart(state: State, model: Model): void {
  const weights = initialise(model.network, model.init, 0);
  for (const { name } of state.variables) {
    const value = weights.get(name);
    if (value) state.write(name, value);
  }
}

/** Milliseconds of each timed step. */
async function timeSteps(
  executable: Executable,
  feeds: Readonly<Record<string, Tensor>>,
  { steps, warmUp, onStep }: BenchOptions,
): Promise<number[]> {
  const times: number[] = [];
  for (let done = 0; done < warmUp + steps; done++) {
    const started = performance.now();
    await executable.run(feeds);
    times.push(performance.now() - started);
    onStep?.(done + 1);
  }
  return times.slice(warmUp);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}
