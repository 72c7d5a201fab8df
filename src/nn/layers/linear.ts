// The fully connected layer: y = x W^T + b.

import { checkCount, checkFlag, checkOptionNames } from '../../base/arguments.ts';
import { ShapeError } from '../../base/errors.ts';
import type { Value } from '../../graph/graph.ts';
import { gemm } from '../../ops/gemm.ts';
import { formatShape } from '../../tensor/shape.ts';
import { Module } from '../module.ts';
import { Parameter } from '../parameter.ts';

const CALL = 'new Linear(inputs, outputs, options?)';

/**
 * Fully connected layer, `[N, inputs]` -> `[N, outputs]`. The option `bias` defaults to true.
 * @throws UsageError for sizes that are not positive integers
 */
export class Linear extends Module {
  /** `[outputs, inputs]` */
  readonly weight: Parameter;
  /** `[outputs]`, or undefined. */
  readonly bias: Parameter | undefined;

  constructor(inputs: number, outputs: number, options: { readonly bias?: boolean } = {}) {
    super();
    checkCount(CALL, 'inputs', inputs);
    checkCount(CALL, 'outputs', outputs);
    checkOptionNames(CALL, options, ['bias']);
    const { bias = true } = options;
    checkFlag(CALL, 'bias', bias);
    const fans = { fanIn: inputs, fanOut: outputs, groups: 1 };
    this.weight = new Parameter([outputs, inputs], { kind: 'linear', ...fans });
    this.bias = bias ? new Parameter([outputs], { kind: 'bias', ...fans }) : undefined;
  }

  /** @throws ShapeError if the input has another size, for example because the images do */
  forward(x: Value): Value {
    const [, inputs] = this.weight.shape;
    if (x.shape.length !== 2 || x.shape[1] !== inputs) {
      throw new ShapeError(
        `a fully connected layer takes [N, ${inputs}], got ${formatShape(x.shape)}; use images of the network's input size, ` +
          'or put an AdaptiveAvgPool2d and a Flatten before the layer.',
      );
    }
    const bias = this.bias && x.graph.variable(this.bias);
    return gemm(x, x.graph.variable(this.weight), bias, { transB: true });
  }
}
