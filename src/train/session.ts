// A model on an engine: one state with its weights, and the executables over it that train and predict.

import { UsageError } from '../base/errors.ts';
import type { Engine, Executable, State } from '../engines/engine.ts';
import { checkMemory } from '../engines/memory-need.ts';
import type { Variable } from '../graph/types.ts';
import { type Loss, type Model, namedParameters, randomKeyTensor } from '../nn/index.ts';
import { type AccumulationPlace, accumulationPlace } from '../optim/accumulation.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import type { UpdateSettings } from '../optim/update-settings.ts';
import type { Program } from '../program/program.ts';
import { accumulationProgram, forwardProgram, trainProgram } from '../program/programs.ts';
import { averageName } from '../program/updates.ts';
import type { StopSignal } from '../system/stop-signal.ts';
import { sizeOf } from '../tensor/shape.ts';
import { type FloatTensor, floatTensor, scalar, type Tensor } from '../tensor/tensor.ts';
import type { CompiledEvent } from './events.ts';

export interface SessionOptions {
  readonly engine: Engine;
  readonly model: Model;
  readonly loss: Loss;
  /** Most images that one run takes. */
  readonly batchSize: number;
  /** Needed to train. */
  readonly optimizer?: Optimizer;
  /** What else training does to gradients and weights. */
  readonly update?: UpdateSettings;
  /** Steps after which an update uses the batches accumulated so far; none by default. */
  readonly stepsPerEpoch?: number;
  /** Hears of every compilation when it has ended. */
  readonly onCompiled?: (event: CompiledEvent) => void | Promise<void>;
  /** Aborting it cancels a compilation with an `AbortedError`. */
  readonly signal?: StopSignal | undefined;
}

/** What a training step needs besides its images. */
export interface StepInputs {
  readonly learningRate: number;
  /** Number of the step, from 1; with several batches to an update, every batch is one. */
  readonly step: number;
  readonly seed: number;
}

/** Outputs for N images. */
export interface Scores {
  /** `[N, K]` */
  readonly logits: FloatTensor;
  /** `[N, K]`, or `[N, 1]`: of the class with index 1. */
  readonly probabilities: FloatTensor;
}

/** Runs must not overlap. Everything is compiled when it is first needed. */
export class Session {
  readonly batchSize: number;
  private readonly options: SessionOptions;
  private readonly state: State;
  /** Name of each weight or buffer of which a running average is kept, and of that. */
  private readonly averages: readonly (readonly [name: string, average: string])[];
  private readonly executables = new Map<string, Executable>();

  /** @throws UsageError or ShapeError if the model cannot be traced */
  constructor(options: SessionOptions) {
    this.options = options;
    this.batchSize = options.batchSize;
    this.state = options.engine.createState(this.variables());
    const held = new Set(this.state.variables.map(({ name }) => name));
    this.averages = this.state.variables.flatMap(({ name }) => {
      const average = averageName(name);
      return held.has(average) ? [[name, average] as const] : [];
    });
  }

  /** Sets variables by name: weights, buffers and optimizer tensors. */
  write(values: ReadonlyMap<string, FloatTensor>): void {
    for (const [name, value] of values) this.state.write(name, value);
  }

  /** Lets the running averages begin at the weights. */
  startAverages(): void {
    for (const [name, average] of this.averages) this.state.write(average, this.state.read(name));
  }

  /** What `body` gives while the running averages, if there are any, stand in the weights' place. */
  async averaged<T>(body: () => Promise<T>): Promise<T> {
    const weights = new Map(this.averages.map(([name]) => [name, this.state.read(name)]));
    for (const [name, average] of this.averages) this.state.write(name, this.state.read(average));
    try {
      return await body();
    } finally {
      this.write(weights);
    }
  }

  /** Copies of the network's parameters and buffers, by name. */
  readWeights(): Map<string, FloatTensor> {
    return this.read((role) => role !== 'optimizer');
  }

  /**
   * Copies of the weights that are evaluated: with the running averages in their place where there are such, and then also
   * what these stand for (`raw`).
   */
  readEvaluated(): { weights: Map<string, FloatTensor>; raw?: Map<string, FloatTensor> } {
    const weights = this.readWeights();
    if (this.averages.length === 0) return { weights };
    const raw = new Map(this.averages.map(([name]) => [name, weights.get(name)!]));
    for (const [name, average] of this.averages) weights.set(name, this.state.read(average));
    return { weights, raw };
  }

  /** Copies of the optimizer's tensors, by name. */
  readOptimizer(): Map<string, FloatTensor> {
    return this.read((role) => role === 'optimizer');
  }

  /** Compiles what step `step` runs for these labels, unless it is; gives it. */
  async prepareTraining(
    { dtype, shape }: Pick<Tensor, 'dtype' | 'shape'>,
    step: number,
  ): Promise<Executable> {
    const count = shape[0];
    const { index, batches } = this.placeOf(step);
    const build = index === batches - 1 ? trainProgram : accumulationProgram;
    return this.executable(`${build.name} ${count} ${dtype}`, count, () =>
      this.trainingProgram(count, build, dtype),
    );
  }

  /**
   * One step of training.
   * @param images `[N, C, H, W]`; a program is compiled for every N there is
   * @param labels classes `[N]`, or soft labels `[N, K]`
   * @returns mean loss of the batch and logits `[N, K]`, both before the update
   */
  async train(
    images: FloatTensor,
    labels: Tensor,
    inputs: StepInputs,
  ): Promise<{ loss: number; logits: FloatTensor }> {
    const { step, seed } = inputs;
    const executable = await this.prepareTraining(labels, step);
    const { loss: lossOf } = this.options;
    const { update, index, batches } = this.placeOf(step);
    const feeds: Record<string, Tensor> = {
      images,
      labels: labels.dtype === 'int32' ? lossOf.encode(labels) : softLoss(lossOf).encode(labels),
      learningRate: scalar(inputs.learningRate),
      step: scalar(update),
      carry: scalar(index === 0 ? 0 : 1),
      batches: scalar(batches),
      random: randomKeyTensor(seed, step),
    };
    const { loss, logits } = await executable.run(wanted(executable.program, feeds));
    return { loss: loss.data[0], logits: logits as FloatTensor };
  }

  /**
   * Scores of up to `batchSize` images; fewer are padded to a full batch, so that there is one program for all.
   * @param images `[N, C, H, W]`
   */
  async forward(images: FloatTensor): Promise<Scores> {
    const { model, loss } = this.options;
    const executable = await this.executable('forward', this.batchSize, () =>
      forwardProgram(model, { batchSize: this.batchSize, loss }),
    );
    const count = images.shape[0];
    const { logits, probabilities } = await executable.run({ images: padded(images, this.batchSize) });
    return {
      logits: firstRows(logits as FloatTensor, count),
      probabilities: firstRows(probabilities as FloatTensor, count),
    };
  }

  dispose(): void {
    for (const executable of this.executables.values()) executable.dispose();
    this.executables.clear();
    this.state.dispose();
  }

  /** Those of the network, and those that the optimizer adds. */
  private variables(): Variable[] {
    const { model, optimizer, batchSize } = this.options;
    const own = [...namedParameters(model.network).values()];
    if (!optimizer) return own;
    const program = this.trainingProgram(batchSize, trainProgram);
    checkMemory(program);
    const added = program.variables.map(({ variable }) => variable);
    return [...own, ...added.filter(({ role }) => role === 'optimizer')];
  }

  private placeOf(step: number): AccumulationPlace {
    const { update, stepsPerEpoch } = this.options;
    return accumulationPlace(step, update?.accumulate ?? 1, stepsPerEpoch);
  }

  private trainingProgram(
    batchSize: number,
    build: typeof trainProgram,
    labels: Tensor['dtype'] = 'int32',
  ): Program {
    const { model, loss, optimizer, update = {} } = this.options;
    if (!optimizer) {
      throw new UsageError('this session has no optimizer, so it cannot train; open it with an optimizer.');
    }
    const lossOf = labels === 'int32' ? loss : softLoss(loss);
    return build(model, { batchSize, loss: lossOf, optimizer, update });
  }

  private async executable(key: string, batchSize: number, program: () => Program): Promise<Executable> {
    const known = this.executables.get(key);
    if (known) return known;
    const start = performance.now();
    const { engine, signal } = this.options;
    const built = program();
    checkMemory(built);
    const executable = await engine.compile(built, this.state, { signal });
    this.executables.set(key, executable);
    const milliseconds = performance.now() - start;
    await this.options.onCompiled?.({
      type: 'compiled',
      program: executable.program.name,
      batchSize,
      milliseconds,
    });
    return executable;
  }

  private read(wantedRole: (role: Variable['role']) => boolean): Map<string, FloatTensor> {
    const names = this.state.variables.filter(({ role }) => wantedRole(role)).map(({ name }) => name);
    return new Map(names.map((name) => [name, this.state.read(name)]));
  }
}

/** @throws UsageError if the loss takes no soft labels */
export function softLoss({ name, soft }: Loss): Loss<FloatTensor> {
  if (soft) return soft;
  throw new UsageError(
    `the loss "${name}" has no form for soft labels; give it one (\`soft\`), or train without MixUp and CutMix.`,
  );
}

/** The feeds that a program has inputs for. */
function wanted(program: Program, feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  return Object.fromEntries(program.inputs.flatMap(({ name }) => (feeds[name] ? [[name, feeds[name]]] : [])));
}

/** `images` with images of zeros after them. */
function padded(images: FloatTensor, count: number): FloatTensor {
  const [given, ...shape] = images.shape;
  if (given === count) return images;
  if (given > count) {
    throw new UsageError(`the session takes up to ${count} images at once, but got ${given}; split them.`);
  }
  const data = new Float32Array(count * sizeOf(shape));
  data.set(images.data);
  return floatTensor([count, ...shape], data);
}

function firstRows(tensor: FloatTensor, count: number): FloatTensor {
  const [rows, ...shape] = tensor.shape;
  return rows === count
    ? tensor
    : floatTensor([count, ...shape], tensor.data.slice(0, count * sizeOf(shape)));
}
