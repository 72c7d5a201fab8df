// One step of a model, ready to be measured: its program, random inputs, and a state that holds starting values.
import type { Engine, State } from '../engines/engine.ts';
import { checkMemory } from '../engines/memory-need.ts';
import { initialize, type Model } from '../nn/index.ts';
import { momentum } from '../optim/optimizers.ts';
import type { Program } from '../program/program.ts';
import { forwardProgram, trainProgram } from '../program/programs.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { lossFor, randomFeeds } from './random-feeds.ts';

/** A whole training step by SGD with momentum 0.9, or a forward pass as prediction does it. */
export type BenchMode = 'train' | 'infer';

export interface PreparedStep {
  readonly program: Program;
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly state: State;
}

/** Calls `measure` with a step that is prepared for an engine, and disposes of its state afterwards. */
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

/** Starting values of the weights; what the optimizer keeps starts at zero. */
function writeInitialWeights(state: State, model: Model): void {
  const weights = initialize(model.network, model.init, 0);
  for (const { name } of state.variables) {
    const value = weights.get(name);
    if (value) state.write(name, value);
  }
}
