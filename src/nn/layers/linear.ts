// The fully connected layer: y = x W^T + b.

import { checkCount, checkFlag, checkOptions } from '../../base/arguments.ts';
import { ShapeError } from '../../base/errors.ts';
import type { Value } from '../../graph/graph.ts';
import { gemm } from '../../ops/gemm.ts';
import { formatShape } from '../../tensor/shape.ts';
import { Module } from '../module.ts';
import { Parameter } from '../parameter.ts';

const CALL = 'new Linear(inputs, outputs, options?)';

/** `[N, inputs]` -> `[N, outputs]`; `weight` is `[outputs, inputs]`. */
export class Linear extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;

  constructor(inputs: number, outputs: number, options: { readonly bias?: boolean } = {}) {
    super();
    checkCount(CALL, 'inputs', inputs);
    checkCount(CALL, 'outputs', outputs);
    checkOptions(CALL, options, ['bias']);
    const { bias = true } = options;
    checkFlag(CALL, 'bias', bias);
    const fans = { fanIn: inputs, fanOut: outputs, groups: 1 };
    this.weight = new Parameter([outputs, inputs], { kind: 'linear', ...fans });
    this.bias = bias ? new Parameter([outputs], { kind: 'bias', ...fans }) : undefined;
  }

  /** @throws ShapeError if images of another size have led to another number of values */
  forward(x: Value): Value {
    const [, inputs] = this.weight.shape;
    if (x.shape.length !== 2 || x.shape[1] !== inputs) {
      throw new ShapeError(
        `a fully connected layer takes [N, ${inputs}], but got ${formatShape(x.shape)}; give the network images of the size ` +
          'that it is made for, or let an AdaptiveAvgPool2d and a Flatten come before the layer.',
      );
    }
    const bias = this.bias && x.graph.variable(this.bias);
    return gemm(x, x.graph.variable(this.weight), bias, { transB: true });
  }
}
