// ONNX Runtime: how sessions are made, and how a run gets its outputs into our own memory.

import { availableParallelism } from 'node:os';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import { EngineError } from '../../base/errors.ts';
import { checkThreads } from '../../system/threads.ts';
import { floatTensor, type Tensor } from '../../tensor/tensor.ts';
import type { EngineOptions } from '../engine.ts';
import type { OnnxModel } from './graph.ts';
import { loadOnnxRuntime, type OnnxLibrary, type OnnxRuntime } from './library.ts';
import { writeModel } from './writer.ts';

/** Errors only: warnings are about what the optimiser did to the graph. */
const LOG_ERRORS = 3;

/**
 * A first output that the binding cannot turn into JavaScript. When a run has ended, the binding copies all outputs into new
 * arrays, also those that the runtime has written straight into arrays of ours, which takes several times longer than
 * the whole update of the weights. At this output it gives up before it has copied anything.
 */
const GUARD = 'guard';

/** Start of the message about a failed run. */
const RAN = 'failed while it ran the model';

export type Tensors = Readonly<Record<string, Tensor>>;

/** A model that is ready to run. */
export interface Session {
  /** Runs the model on `inputs` and writes what it gives into `outputs`. */
  run(inputs: Tensors, outputs: Tensors): Promise<void>;
  release(): Promise<void>;
}

export class Runtime {
  /** See `OnnxLibrary`. */
  readonly advice: string | undefined;
  private readonly library: OnnxRuntime;
  private readonly options: InferenceSession.SessionOptions;
  /** What the binding says when it comes to the guard; undefined if the guard does not work with this version. */
  private guardMessage: string | undefined;

  private constructor({ runtime, advice }: OnnxLibrary, options: InferenceSession.SessionOptions) {
    this.library = runtime;
    this.advice = advice;
    this.options = options;
  }

  /** @throws EngineError if ONNX Runtime cannot be loaded */
  static async load(
    { threads = availableParallelism() }: EngineOptions,
    load: (threads: number) => Promise<OnnxLibrary> = loadOnnxRuntime,
  ): Promise<Runtime> {
    checkThreads(threads);
    const runtime = new Runtime(await load(threads), {
      // One level more would rearrange pooling for the CPU at hand, which gains nothing beside plain convolutions.
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
  async open(model: OnnxModel): Promise<Session> {
    const guarded = this.guardMessage === undefined ? model : withGuard(model);
    const session = await this.library.InferenceSession.create(writeModel(guarded), this.options).catch(
      (error) => {
        throw this.failure(`does not take the model of "${model.name}"`, error);
      },
    );
    return {
      run: (inputs, outputs) => this.run(session, inputs, outputs),
      release: () => session.release(),
    };
  }

  private async run(session: InferenceSession, inputs: Tensors, outputs: Tensors): Promise<void> {
    if (this.guardMessage !== undefined) {
      const message = await failureOf(
        session.run(this.toOrt(inputs), { [GUARD]: null, ...this.toOrt(outputs) }),
      );
      if (message !== this.guardMessage) throw this.failure(RAN, message ?? 'it converted the guard output');
      return;
    }
    const results = await session.run(this.toOrt(inputs)).catch((error) => {
      throw this.failure(RAN, error);
    });
    for (const [name, { data }] of Object.entries(outputs)) data.set(results[name].data as typeof data);
  }

  /** The error for a failure of ONNX Runtime; ends with how to get another build of it, if there is one. */
  private failure(failed: string, cause: unknown): EngineError {
    const message = `ONNX Runtime ${failed}: ${messageOf(cause).trim()}`;
    return new EngineError([message, this.advice].filter(Boolean).join(' '), { cause });
  }

  private toOrt(tensors: Tensors): Record<string, OrtTensor> {
    const { Tensor } = this.library;
    return Object.fromEntries(
      Object.entries(tensors).map(([name, { dtype, data, shape }]) => [name, new Tensor(dtype, data, shape)]),
    );
  }

  /** The error of a guarded run, if its other output has been written all the same. */
  private async tryGuard(): Promise<string | undefined> {
    const session = await this.library.InferenceSession.create(writeModel(withGuard(negation)), this.options);
    const y = Float32Array.of(0);
    const feeds = { x: new this.library.Tensor('float32', Float32Array.of(1), [1]) };
    const fetches = { [GUARD]: null, y: new this.library.Tensor('float32', y, [1]) };
    const message = await failureOf(session.run(feeds, fetches));
    await session.release();
    return y[0] === -1 ? message : undefined;
  }
}

/**
 * Runs a model file once, as whoever gets it would.
 * @param optimization whether ONNX Runtime may rewrite the graph first, as it does by default
 * @throws EngineError if ONNX Runtime does not take or run it
 */
export async function runModelFile(
  path: string,
  inputs: Tensors,
  optimization: 'all' | 'disabled' = 'all',
): Promise<Tensors> {
  const { runtime } = await loadOnnxRuntime(1);
  const { InferenceSession, Tensor } = runtime;
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
    throw new EngineError(`${path}: ONNX Runtime cannot run it: ${messageOf(error)}`, { cause: error });
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

/** The message of the error that a promise ends with, if it does. */
async function failureOf(run: Promise<unknown>): Promise<string | undefined> {
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
