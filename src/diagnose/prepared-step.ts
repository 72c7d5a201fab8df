// A step of a model that is ready to be measured: its program, random inputs, and a state with initial weights.
import type { Engine } from '../engines/engine.ts';
import type { State } from '../engines/executable.ts';
import { checkMemory } from '../engines/memory-need.ts';
import { initialize, type Model } from '../nn/index.ts';
import { momentum } from '../optim/momentum.ts';
import type { Program } from '../program/program.ts';
import { forwardProgram, trainProgram } from '../program/programs.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { lossFor, randomFeeds } from './random-feeds.ts';

/** A training step with SGD and momentum 0.9, or a forward pass in inference mode. */
export type BenchMode = 'train' | 'infer';

export interface PreparedStep {
  readonly program: Program;
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly state: State;
}

/** Prepares a step for an engine, calls `measure` with it, and releases its state afterwards. */
export async function withPreparedStep<Result>(
  mode: BenchMode,
  model: Model,
  engine: Engine,
  batchSize: number,
  measure: (step: PreparedStep) => Promise<Result>,
): Promise<Result> {
  const loss = lossFor(model);
  const program =
    mode === 'train'
      ? trainProgram(model, { batchSize, loss, optimizer: momentum() })
      : forwardProgram(model, { batchSize });
  checkMemory(program);
  const feeds = randomFeeds(program, model, { batchSize, loss, seed: 0 });
  const state = engine.createState(program.variables.map(({ variable }) => variable));
  try {
    writeInitialWeights(state, model);
    return await measure({ program, feeds, state });
  } finally {
    state.dispose();
  }
}

/** Writes initial weights; the optimizer's state is 0 initially. */
function writeInitialWeights(state: State, model: Model): void {
  const weights = initialize(model.network, model.init, 0);
  for (const { name } of state.variables) {
    const value = weights.get(name);
    if (value) state.write(name, value);
  }
}
