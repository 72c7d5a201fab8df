// The lowering interface: a lowering writes one operator in terms of ONNX operators.
import type { ValueType } from '../../../graph/types.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import type { ModelBuilder } from '../builder.ts';
import type { OnnxType } from '../graph.ts';

/** A value of the program, with its name in the model. */
export interface Operand extends ValueType {
  readonly name: string;
  /** Name of the program's input, if the value is one. */
  readonly input: string | undefined;
}

export type Feeds = Readonly<Record<string, Tensor>>;

/** Inputs of the model that are computed in JavaScript before each run. */
export interface HostInputs {
  /** Adds an input that `make` computes from the program's inputs, and returns its name. */
  add(type: { type: OnnxType; shape: readonly number[] }, make: (feeds: Feeds) => Tensor): string;
}

/** The node to lower. */
export interface LoweringRequest<A> {
  readonly builder: ModelBuilder;
  readonly hostInputs: HostInputs;
  /** The node's name. */
  readonly name: string;
  readonly inputs: readonly Operand[];
  readonly outputs: readonly ValueType[];
  readonly attributes: A;
}

/** Adds the node to the model and returns the names of its outputs. */
export type Lowering<A> = (request: LoweringRequest<A>) => readonly string[];

/** A lowering to one ONNX node with one output. */
export function direct<A>(operator: string): Lowering<A> {
  return ({ builder, inputs }) => [
    builder.node(
      operator,
      inputs.map(({ name }) => name),
    ),
  ];
}
