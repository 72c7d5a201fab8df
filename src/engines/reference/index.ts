// The reference engine: runs every node with the operator's reference computation. Slow; the reference used in tests.
import { EngineError, internal } from '../../base/errors.ts';
import type { Node, Value } from '../../graph/graph.ts';
import type { ValueType } from '../../graph/types.ts';
import type { Program } from '../../program/program.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { floatTensor, type Tensor, zeros } from '../../tensor/tensor.ts';
import type { Engine } from '../engine.ts';
import type { Executable } from '../executable.ts';
import { checkFeeds } from '../feeds.ts';
import { HostState, hostStateFor } from '../host-state.ts';

/** Runs in plain JavaScript, without dependencies. */
export const referenceEngine = createEngine('reference', newTensor);

/**
 * The same with 64-bit values between operators, to measure rounding errors; inputs, results and variables have 32 bits.
 */
export const exactEngine = createEngine('exact', exactTensor);

/** A tensor of zeros with 64-bit elements, which operators accept because they only read and write elements. */
export function exactTensor({ shape, dtype }: ValueType): Tensor {
  if (dtype === 'int32') return newTensor({ shape, dtype });
  return { shape, dtype, data: wide(new Float64Array(sizeOf(shape))) };
}

function wide(data: Float64Array): Float32Array {
  return data as unknown as Float32Array;
}

/** Allocates the tensor of zeros that an operator writes to. */
export type Allocate = (type: ValueType) => Tensor;

export function newTensor({ shape, dtype }: ValueType): Tensor {
  return zeros(shape, dtype) as Tensor;
}

function createEngine(name: string, allocate: Allocate): Engine {
  return {
    name,
    createState: (variables) => new HostState(variables),
    compile: async (program, state) =>
      new ReferenceExecutable(program, hostStateFor(name, program, state), allocate),
  };
}

class ReferenceExecutable implements Executable {
  readonly program: Program;
  private readonly allocate: Allocate;
  private state: HostState | undefined;

  constructor(program: Program, state: HostState, allocate: Allocate) {
    this.program = program;
    this.state = state;
    this.allocate = allocate;
  }

  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    checkFeeds(this.program, feeds);
    const values = this.initialValues(feeds);
    evaluateNodes(this.program.nodes, values, this.allocate);
    const results = [...this.program.results].map(
      ([name, value]) => [name, copyTensor(lookUp(values, value))] as const,
    );
    this.applyUpdates(values);
    return Object.fromEntries(results);
  }

  dispose(): void {
    this.state = undefined;
  }

  private liveState(): HostState {
    if (!this.state)
      throw new EngineError(`"${this.program.name}" was disposed of; compile it again to run it.`);
    return this.state;
  }

  private initialValues(feeds: Readonly<Record<string, Tensor>>): Map<Value, Tensor> {
    const values = new Map<Value, Tensor>();
    for (const { name, value } of this.program.inputs) values.set(value, feeds[name]);
    for (const { variable, value } of this.program.variables) {
      values.set(value, this.liveState().tensor(variable.name));
    }
    return values;
  }

  private applyUpdates(values: ReadonlyMap<Value, Tensor>): void {
    const next = [...this.program.updates].map(
      ([name, value]) => [name, copyTensor(lookUp(values, value))] as const,
    );
    for (const [name, tensor] of next) {
      if (tensor.dtype === 'float32') this.liveState().replace(name, tensor);
    }
  }
}

/**
 * Computes nodes in order.
 * @param values tensors of inputs and variables; the outputs of the nodes are added
 * @param replace returns the tensor that later nodes read instead of a computed one (default: the computed one)
 */
export function evaluateNodes(
  nodes: readonly Node[],
  values: Map<Value, Tensor>,
  allocate: Allocate,
  replace: (value: Value, tensor: Tensor) => Tensor = (_value, tensor) => tensor,
): void {
  for (const { operator, attributes, inputs, outputs } of nodes) {
    const results = outputs.map(allocate);
    operator.compute({ inputs: inputs.map((input) => lookUp(values, input)), outputs: results, attributes });
    outputs.forEach((output, i) => {
      values.set(output, replace(output, results[i]));
    });
  }
}

function lookUp(values: ReadonlyMap<Value, Tensor>, value: Value): Tensor {
  if (value.source.kind === 'constant') return value.source.tensor;
  const tensor = values.get(value);
  if (!tensor) throw internal(`${value.name} is used before it is computed`);
  return tensor;
}

function copyTensor(tensor: Tensor): Tensor {
  if (tensor.dtype === 'float32') return floatTensor(tensor.shape, Float32Array.from(tensor.data));
  return { ...tensor, data: tensor.data.slice() };
}
