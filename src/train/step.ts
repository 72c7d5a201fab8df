// The training step: a model, its optimizer and the moving averages of its weights on an engine; one call trains one batch.

import { UsageError } from '../base/errors.ts';
import type { Executable } from '../engines/executable.ts';
import { checkMemory } from '../engines/memory-need.ts';
import { Predictor, type PredictorOptions } from '../evaluation/predictor.ts';
import { type Loss, randomKeyTensor } from '../nn/index.ts';
import { type AccumulationPlace, accumulationPlace } from '../optim/accumulation.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import type { UpdateSettings } from '../optim/update-settings.ts';
import type { Program } from '../program/program.ts';
import { accumulationProgram, trainProgram } from '../program/programs.ts';
import { averageName } from '../program/updates.ts';
import { type FloatTensor, scalar, type Tensor } from '../tensor/tensor.ts';

export interface StepOptions extends Omit<PredictorOptions, 'variables'> {
  readonly optimizer: Optimizer;
  readonly update?: UpdateSettings;
  /** Steps after which an update uses the batches accumulated so far (default: Infinity). */
  readonly stepsPerEpoch?: number;
}

/** What a step needs besides images and labels. */
export interface StepInputs {
  readonly learningRate: number;
  /** Number of the step, from 1. With gradient accumulation every batch is a step. */
  readonly step: number;
  readonly seed: number;
}

/** The averaged weights, and the raw weights they are averages of. */
interface EvaluatedWeights {
  weights: Map<string, FloatTensor>;
  raw?: Map<string, FloatTensor>;
}

export class TrainStep {
  /** Predicts with the weights that are trained. */
  readonly predictor: Predictor;
  private readonly options: StepOptions;
  /** Names of the averaged variables, each with the name of its moving average. */
  private readonly averages: readonly (readonly [name: string, average: string])[];

  /** @throws UsageError or ShapeError if the model cannot be traced */
  constructor(options: StepOptions) {
    this.options = options;
    const program = this.program(options.batchSize, trainProgram);
    checkMemory(program);
    const added = program.variables.map(({ variable }) => variable);
    const variables = added.filter(({ role }) => role === 'optimizer');
    this.predictor = new Predictor({ ...options, variables });
    const names = new Set(variables.map(({ name }) => name));
    this.averages = this.predictor.state.variables.flatMap(({ name }) => {
      const average = averageName(name);
      return names.has(average) ? [[name, average] as const] : [];
    });
  }

  /** Sets the moving averages to the weights. */
  startAverages(): void {
    const { state } = this.predictor;
    for (const [name, average] of this.averages) state.write(average, state.read(name));
  }

  /** Runs `body` while the moving averages, if there are any, take the place of the weights. */
  async withAverages<T>(body: () => Promise<T>): Promise<T> {
    const { state } = this.predictor;
    const weights = new Map(this.averages.map(([name]) => [name, state.read(name)]));
    for (const [name, average] of this.averages) state.write(name, state.read(average));
    try {
      return await body();
    } finally {
      this.predictor.write(weights);
    }
  }

  /** Copies of the weights to evaluate: the moving averages where there are any, then with the raw weights too. */
  readWeights(): EvaluatedWeights {
    const weights = this.predictor.read((role) => role !== 'optimizer');
    if (this.averages.length === 0) return { weights };
    const raw = new Map<string, FloatTensor>();
    for (const [name, average] of this.averages) {
      raw.set(name, this.predictor.state.read(name));
      weights.set(name, this.predictor.state.read(average));
    }
    return { weights, raw };
  }

  /** Copies of the optimizer's state, by name. */
  readOptimizer(): Map<string, FloatTensor> {
    return this.predictor.read((role) => role === 'optimizer');
  }

  /** The compiled program of step `step` for such labels. */
  async prepare({ dtype, shape }: Pick<Tensor, 'dtype' | 'shape'>, step: number): Promise<Executable> {
    const count = shape[0];
    const { index, batches } = this.placeOf(step);
    const build = index === batches - 1 ? trainProgram : accumulationProgram;
    return this.predictor.compiled(`${build.name} ${count} ${dtype}`, count, () =>
      this.program(count, build, dtype),
    );
  }

  /**
   * Trains one batch.
   * @param images `[N, C, H, W]`; each N has its own program
   * @param labels classes `[N]`, or soft labels `[N, K]`
   * @returns mean loss and logits `[N, K]`, both before the update
   */
  async run(
    images: FloatTensor,
    labels: Tensor,
    { learningRate, step, seed }: StepInputs,
  ): Promise<{ loss: number; logits: FloatTensor }> {
    const executable = await this.prepare(labels, step);
    const { loss: lossFunction } = this.options;
    const { update, index, batches } = this.placeOf(step);
    const feeds: Record<string, Tensor> = {
      images,
      labels: labels.dtype === 'int32' ? lossFunction.encode(labels) : softLoss(lossFunction).encode(labels),
      learningRate: scalar(learningRate),
      step: scalar(update),
      carry: scalar(index === 0 ? 0 : 1),
      batches: scalar(batches),
      random: randomKeyTensor(seed, step),
    };
    const { loss, logits } = await executable.run(inputsOf(executable.program, feeds));
    return { loss: loss.data[0], logits: logits as FloatTensor };
  }

  dispose(): void {
    this.predictor.dispose();
  }

  private placeOf(step: number): AccumulationPlace {
    const { update, stepsPerEpoch } = this.options;
    return accumulationPlace(step, update?.accumulate ?? 1, stepsPerEpoch);
  }

  private program(batchSize: number, build: typeof trainProgram, labels: Tensor['dtype'] = 'int32'): Program {
    const { model, loss, optimizer, update = {} } = this.options;
    const lossFunction = labels === 'int32' ? loss : softLoss(loss);
    return build(model, { batchSize, loss: lossFunction, optimizer, update });
  }
}

/** @throws UsageError if the loss takes no soft labels */
export function softLoss({ name, soft }: Loss): Loss<FloatTensor> {
  if (soft) return soft;
  throw new UsageError(
    `the loss "${name}" does not support soft labels; define its \`soft\` form, or train without mixup and cutmix.`,
  );
}

/** The feeds that a program has inputs for. */
function inputsOf(program: Program, feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  return Object.fromEntries(program.inputs.flatMap(({ name }) => (feeds[name] ? [[name, feeds[name]]] : [])));
}
