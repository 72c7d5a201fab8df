// ONNX Runtime: creates sessions, and runs them with outputs written into preallocated arrays.
import { availableParallelism } from 'node:os';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import { EngineError } from '../../base/errors.ts';
import { checkThreads } from '../../system/threads.ts';
import { floatTensor, type Tensor } from '../../tensor/tensor.ts';
import type { EngineOptions } from '../engine.ts';
import type { OnnxModel } from './graph.ts';
import { loadOnnxRuntime, type OnnxLibrary, type OrtModule } from './library.ts';
import { writeModel } from './writer.ts';

/** Log errors only; warnings are about rewrites of the graph. */
const LOG_ERRORS = 3;

/**
 * An extra first output that the binding cannot convert to JavaScript. After a run the binding copies all
 * outputs into new arrays, even those already written into preallocated arrays, which takes several times as
 * long as the update of the weights. This output makes it throw before it copies anything.
 */
const GUARD = 'guard';

/** Start of the message of a failed run. */
const RUN_FAILED = 'failed to run the model';

export type Tensors = Readonly<Record<string, Tensor>>;

/** A loaded model. */
export interface OnnxSession {
  /** Runs the model on `inputs` and writes the results into `outputs`. */
  run(inputs: Tensors, outputs: Tensors): Promise<void>;
  release(): Promise<void>;
}

/** ONNX Runtime with the options of an engine. */
export class OnnxRuntime {
  /** See `OnnxLibrary`. */
  readonly advice: string | undefined;
  private readonly ort: OrtModule;
  private readonly options: InferenceSession.SessionOptions;
  /** Error message of the binding at the guard; undefined if the guard does not work with this version. */
  private guardMessage: string | undefined;

  private constructor({ ort, advice }: OnnxLibrary, options: InferenceSession.SessionOptions) {
    this.ort = ort;
    this.advice = advice;
    this.options = options;
  }

  /** @throws EngineError if ONNX Runtime cannot be loaded */
  static async load(
    { threads = availableParallelism() }: EngineOptions,
    load: (threads: number) => Promise<OnnxLibrary> = loadOnnxRuntime,
  ): Promise<OnnxRuntime> {
    checkThreads(threads);
    const runtime = new OnnxRuntime(await load(threads), {
      // 'all' would also change the memory layout of pooling, which gains nothing next to plain convolutions.
      graphOptimizationLevel: 'extended',
      intraOpNumThreads: threads,
      logSeverityLevel: LOG_ERRORS,
    });
    runtime.guardMessage = await runtime.tryGuard().catch((cause) => {
      throw runtime.failure('does not start', cause);
    });
    return runtime;
  }

  /** @throws EngineError if ONNX Runtime rejects the model */
  async open(model: OnnxModel): Promise<OnnxSession> {
    const guarded = this.guardMessage === undefined ? model : withGuard(model);
    const session = await this.ort.InferenceSession.create(writeModel(guarded), this.options).catch(
      (error) => {
        throw this.failure(`rejected the model of "${model.name}"`, error);
      },
    );
    return {
      run: (inputs, outputs) => this.run(session, inputs, outputs),
      release: () => session.release(),
    };
  }

  private async run(session: InferenceSession, inputs: Tensors, outputs: Tensors): Promise<void> {
    if (this.guardMessage !== undefined) {
      const message = await failureMessage(
        session.run(this.toOrt(inputs), { [GUARD]: null, ...this.toOrt(outputs) }),
      );
      if (message !== this.guardMessage)
        throw this.failure(RUN_FAILED, message ?? 'it converted the guard output');
      return;
    }
    const results = await session.run(this.toOrt(inputs)).catch((error) => {
      throw this.failure(RUN_FAILED, error);
    });
    for (const [name, { data }] of Object.entries(outputs)) data.set(results[name].data as typeof data);
  }

  /** The error for a failure of ONNX Runtime; ends with the advice to install another build, if any. */
  private failure(failed: string, cause: unknown): EngineError {
    const message = `ONNX Runtime ${failed}: ${messageOf(cause).trim()}`;
    return new EngineError([message, this.advice].filter(Boolean).join(' '), { cause });
  }

  private toOrt(tensors: Tensors): Record<string, OrtTensor> {
    const { Tensor } = this.ort;
    return Object.fromEntries(
      Object.entries(tensors).map(([name, { dtype, data, shape }]) => [name, new Tensor(dtype, data, shape)]),
    );
  }

  /** The error message of a guarded run, if its other output was written nevertheless. */
  private async tryGuard(): Promise<string | undefined> {
    const session = await this.ort.InferenceSession.create(writeModel(withGuard(negation)), this.options);
    const y = Float32Array.of(0);
    const feeds = { x: new this.ort.Tensor('float32', Float32Array.of(1), [1]) };
    const fetches = { [GUARD]: null, y: new this.ort.Tensor('float32', y, [1]) };
    const message = await failureMessage(session.run(feeds, fetches));
    await session.release();
    return y[0] === -1 ? message : undefined;
  }
}

/**
 * Runs a model file once, as a user of the file would.
 * @param optimization graph optimizations of ONNX Runtime (default: all, as in ONNX Runtime)
 * @throws EngineError if ONNX Runtime cannot load or run the file
 */
export async function runModelFile(
  path: string,
  inputs: Tensors,
  optimization: 'all' | 'disabled' = 'all',
): Promise<Tensors> {
  const { ort } = await loadOnnxRuntime(1);
  const { InferenceSession, Tensor } = ort;
  try {
    const session = await InferenceSession.create(path, {
      logSeverityLevel: LOG_ERRORS,
      graphOptimizationLevel: optimization,
    });
    const feeds = Object.entries(inputs).map(
      ([name, { dtype, data, shape }]) => [name, new Tensor(dtype, data, shape)] as const,
    );
    const outputs = await session.run(Object.fromEntries(feeds));
    await session.release();
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { data, dims }]) => [
        name,
        floatTensor(dims, data as Float32Array),
      ]),
    );
  } catch (error) {
    throw new EngineError(`${path}: ONNX Runtime cannot run the model: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** y = -x */
const negation: OnnxModel = {
  name: 'probe',
  opset: 18,
  nodes: [{ operator: 'Neg', name: 'probe', inputs: ['x'], outputs: ['y'], attributes: {} }],
  initializers: new Map(),
  inputs: [{ name: 'x', type: 'float32', shape: [1] }],
  outputs: [{ name: 'y', type: 'float32', shape: [1] }],
};

function withGuard(model: OnnxModel): OnnxModel {
  return {
    ...model,
    nodes: [
      ...model.nodes,
      { operator: 'SequenceEmpty', name: GUARD, inputs: [], outputs: [GUARD], attributes: {} },
    ],
    outputs: [{ name: GUARD, type: 'float32', shape: [], sequence: true }, ...model.outputs],
  };
}

/** The error message of a rejected promise; undefined if it is fulfilled. */
async function failureMessage(run: Promise<unknown>): Promise<string | undefined> {
  try {
    await run;
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
