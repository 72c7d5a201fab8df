// What a lowering is: how one of our operators is written in ONNX's.
import type { ValueType } from '../../../graph/types.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import type { ModelBuilder } from '../builder.ts';
import type { OnnxType } from '../graph.ts';

/** A value of the program, with the name it has in the model. */
export interface Operand extends ValueType {
  readonly name: string;
  /** Name of the program's input, where the value is one. */
  readonly input: string | undefined;
}

export type Feeds = Readonly<Record<string, Tensor>>;

/** What has to be done in JavaScript before each run. */
export interface HostWork {
  /** Adds an input that only the engine knows, made from the program's inputs, and gives its name. */
  feed(type: { type: OnnxType; shape: readonly number[] }, make: (feeds: Feeds) => Tensor): string;
}

export interface LoweringRequest<A> {
  readonly builder: ModelBuilder;
  readonly host: HostWork;
  /** The node's name. */
  readonly name: string;
  readonly inputs: readonly Operand[];
  readonly outputs: readonly ValueType[];
  readonly attributes: A;
}

/** Adds the node to the model and gives the names of its outputs. */
export type Lowering<A> = (request: LoweringRequest<A>) => readonly string[];

/** A lowering to one ONNX node of one output. */
export function direct<A>(operator: string): Lowering<A> {
  return ({ builder, inputs }) => [
    builder.node(
      operator,
      inputs.map(({ name }) => name),
    ),
  ];
}
