// A model on an engine, ready for training in a test: its training step, initial weights, and a batch of noise.

import { randomFeeds } from '../src/diagnose/random-feeds.ts';
import type { Engine } from '../src/engines/engine.ts';
import type { Executable, State } from '../src/engines/executable.ts';
import { initialize, type Model, softmaxCrossEntropy } from '../src/nn/index.ts';
import { momentum } from '../src/optim/momentum.ts';
import type { Program } from '../src/program/program.ts';
import { forwardProgram, trainProgram } from '../src/program/programs.ts';
import type { Tensor } from '../src/tensor/tensor.ts';

const loss = softmaxCrossEntropy();

export interface Prepared {
  readonly trainProgram: Program;
  readonly forwardProgram: Program;
  readonly state: State;
  feedsOf(program: Program): Record<string, Tensor>;
}

/** SGD with momentum, learning rate 0.05, seed 0. */
export function prepare(engine: Engine, model: Model, batchSize: number): Prepared {
  const step = trainProgram(model, { batchSize, loss, optimizer: momentum() });
  const state = engine.createState(step.variables.map(({ variable }) => variable));
  for (const [name, value] of initialize(model.network, model.init, 0)) state.write(name, value);
  return {
    trainProgram: step,
    forwardProgram: forwardProgram(model, { batchSize }),
    state,
    feedsOf: (program) => randomFeeds(program, model, { batchSize, loss, seed: 0, learningRate: 0.05 }),
  };
}

/** The losses of `count` runs on the same batch. */
export async function lossesOf(
  executable: Executable,
  feeds: Readonly<Record<string, Tensor>>,
  count: number,
): Promise<number[]> {
  const losses: number[] = [];
  for (let i = 0; i < count; i++) losses.push((await executable.run(feeds)).loss.data[0]);
  return losses;
}

/** All variables of a state, by name. */
export function valuesOf(state: State): Record<string, number[]> {
  return Object.fromEntries(state.variables.map(({ name }) => [name, [...state.read(name).data]]));
}
