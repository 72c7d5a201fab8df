// A model on an engine: the state with its weights, and the compiled programs that run over it.

import { UsageError } from '../base/errors.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import type { Engine } from '../engines/engine.ts';
import type { Executable, State } from '../engines/executable.ts';
import { checkMemory } from '../engines/memory-need.ts';
import type { Variable } from '../graph/types.ts';
import { type Loss, type Model, namedParameters } from '../nn/index.ts';
import type { Program } from '../program/program.ts';
import { forwardProgram } from '../program/programs.ts';
import type { StopSignal } from '../system/stop-signal.ts';
import { sizeOf } from '../tensor/shape.ts';
import { type FloatTensor, floatTensor } from '../tensor/tensor.ts';

/** A program that was compiled. */
export interface Compilation {
  readonly program: string;
  readonly batchSize: number;
  readonly milliseconds: number;
}

export interface PredictorOptions {
  readonly engine: Engine;
  readonly model: Model;
  readonly loss: Loss;
  /** Images per call at most. */
  readonly batchSize: number;
  /** Variables of the state besides the model's, such as an optimizer's. */
  readonly variables?: readonly Variable[];
  /** Called after each compilation. */
  readonly onCompiled?: (compilation: Compilation) => void | Promise<void>;
  /** Aborting it cancels a compilation with an `AbortedError`. */
  readonly signal?: StopSignal | undefined;
}

/** Outputs for N images. */
export interface Outputs {
  /** `[N, K]` */
  readonly logits: FloatTensor;
  /** `[N, K]`; `[N, 1]` for a model with one output: the probability of the class with index 1. */
  readonly probabilities: FloatTensor;
}

/** Calls must not overlap. Programs are compiled when they are first needed. */
export class Predictor {
  readonly batchSize: number;
  readonly state: State;
  private readonly options: PredictorOptions;
  private readonly executables = new Map<string, Executable>();

  constructor(options: PredictorOptions) {
    const { engine, model, variables = [] } = options;
    this.options = options;
    this.batchSize = options.batchSize;
    this.state = engine.createState([...namedParameters(model.network).values(), ...variables]);
  }

  /** Sets variables by name. */
  write(values: ReadonlyMap<string, FloatTensor>): void {
    for (const [name, value] of values) this.state.write(name, value);
  }

  /** Copies of the variables whose role is accepted, by name. */
  read(accepts: (role: Variable['role']) => boolean): Map<string, FloatTensor> {
    const names = this.state.variables.filter(({ role }) => accepts(role)).map(({ name }) => name);
    return new Map(names.map((name) => [name, this.state.read(name)]));
  }

  /**
   * Outputs for up to `batchSize` images. Fewer are padded to a full batch, so that one program serves all.
   * @param images `[N, C, H, W]`
   * @throws UsageError for more than `batchSize` images
   */
  async forward(images: FloatTensor): Promise<Outputs> {
    const { model, loss } = this.options;
    const executable = await this.compiled('forward', this.batchSize, () =>
      forwardProgram(model, { batchSize: this.batchSize, loss }),
    );
    const count = images.shape[0];
    const { logits, probabilities } = await executable.run({ images: padded(images, this.batchSize) });
    return {
      logits: firstRows(logits as FloatTensor, count),
      probabilities: firstRows(probabilities as FloatTensor, count),
    };
  }

  /** The executable under `key`, compiled from `build()` at the first call. */
  async compiled(key: string, batchSize: number, build: () => Program): Promise<Executable> {
    const known = this.executables.get(key);
    if (known) return known;
    const start = performance.now();
    const { engine, signal, onCompiled } = this.options;
    const program = build();
    checkMemory(program);
    const executable = await engine.compile(program, this.state, { signal });
    this.executables.set(key, executable);
    const milliseconds = performance.now() - start;
    await onCompiled?.({ program: executable.program.name, batchSize, milliseconds });
    return executable;
  }

  dispose(): void {
    for (const executable of this.executables.values()) executable.dispose();
    this.executables.clear();
    this.state.dispose();
  }
}

/** A predictor with a checkpoint's weights; dispose of it after use. */
export function openPredictor(
  { model, loss, weights }: Pick<Checkpoint, 'model' | 'loss' | 'weights'>,
  engine: Engine,
  batchSize: number,
): Predictor {
  const predictor = new Predictor({ engine, model, loss, batchSize });
  predictor.write(weights);
  return predictor;
}

/** `images` followed by zeros. */
function padded(images: FloatTensor, count: number): FloatTensor {
  const [given, ...shape] = images.shape;
  if (given === count) return images;
  if (given > count) {
    throw new UsageError(`the predictor takes up to ${count} images at once, got ${given}; split them.`);
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

/** Probabilities of all classes for row `row`: one per output, or 1 - p and p for a model with one output p. */
export function probabilitiesOf(
  { probabilities: { data, shape } }: Pick<Outputs, 'probabilities'>,
  row: number,
): Float32Array {
  const outputs = shape[1];
  if (outputs > 1) return data.subarray(row * outputs, (row + 1) * outputs);
  return Float32Array.of(1 - data[row], data[row]);
}
