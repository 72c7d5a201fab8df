// The fully connected layer: y = x W^T + b.
import type { Value } from '../../graph/graph.ts';
import { gemm } from '../../ops/gemm.ts';
import { Module } from '../module.ts';
import { Parameter } from '../parameter.ts';

/** `[N, inputs]` -> `[N, outputs]`; `weight` is `[outputs, inputs]`. */
export class Linear extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;

  constructor(inputs: number, outputs: number, { bias = true }: { readonly bias?: boolean } = {}) {
    super();
    const fans = { fanIn: inputs, fanOut: outputs, groups: 1 };
    this.weight = new Parameter([outputs, inputs], { kind: 'linear', ...fans });
    this.bias = bias ? new Parameter([outputs], { kind: 'bias', ...fans }) : undefined;
  }

  forward(x: Value): Value {
    const bias = this.bias && x.graph.variable(this.bias);
    return gemm(x, x.graph.variable(this.weight), bias, { transB: true });
  }
}
