// The convolution layer.

import { checkCount, checkExtent, checkFlag, checkOptionNames } from '../../base/arguments.ts';
import type { Value } from '../../graph/graph.ts';
import { conv } from '../../ops/conv.ts';
import { Module } from '../module.ts';
import { Parameter } from '../parameter.ts';
import { type Extent, pair, symmetricPads } from './extent.ts';

/** Options of `Conv2d`. Extents are one number for both, or [height, width]. */
export interface Conv2dOptions {
  /** Defaults to 1. */
  readonly stride?: Extent;
  /** Zeros added on each side; defaults to 0. */
  readonly padding?: Extent;
  /** Defaults to 1. */
  readonly dilation?: Extent;
  /** Number of groups of channels that are convolved separately; defaults to 1. */
  readonly groups?: number;
  /** Whether there is a bias; defaults to true. */
  readonly bias?: boolean;
  /** How to initialize the layer; a 1x1 convolution as classifier like a linear layer. Defaults to `convolution`. */
  readonly initAs?: 'convolution' | 'linear';
}

const CALL = 'new Conv2d(inputs, outputs, kernel, options?)';
const OPTIONS = ['stride', 'padding', 'dilation', 'groups', 'bias', 'initAs'] as const;

/**
 * 2D convolution (cross-correlation), `[N, inputs, H, W]` -> `[N, outputs, H', W']`.
 * @throws UsageError for sizes that are not positive integers, or an unknown option
 */
export class Conv2d extends Module {
  /** Filters, `[outputs, inputs / groups, KH, KW]`. */
  readonly weight: Parameter;
  /** `[outputs]`, or undefined. */
  readonly bias: Parameter | undefined;
  private readonly options: Conv2dOptions;

  constructor(inputs: number, outputs: number, kernel: Extent, options: Conv2dOptions = {}) {
    super();
    checkCount(CALL, 'inputs', inputs);
    checkCount(CALL, 'outputs', outputs);
    checkExtent(CALL, 'kernel', kernel);
    checkConvOptions(options);
    const { groups = 1, bias = true, initAs = 'convolution' } = options;
    const extent = pair(kernel);
    const area = extent[0] * extent[1];
    const fans = { fanIn: (inputs / groups) * area, fanOut: outputs * area, groups };
    this.options = options;
    this.weight = new Parameter([outputs, inputs / groups, ...extent], { kind: initAs, ...fans });
    this.bias = bias ? new Parameter([outputs], { kind: 'bias', ...fans }) : undefined;
  }

  forward(x: Value): Value {
    const { stride = 1, padding = 0, dilation = 1, groups = 1 } = this.options;
    const bias = this.bias && x.graph.variable(this.bias);
    return conv(x, x.graph.variable(this.weight), bias, {
      strides: pair(stride),
      pads: symmetricPads(padding),
      dilations: pair(dilation),
      group: groups,
    });
  }
}

function checkConvOptions(options: Conv2dOptions): void {
  checkOptionNames(CALL, options, OPTIONS);
  const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = options;
  checkExtent(CALL, 'stride', stride);
  checkExtent(CALL, 'padding', padding, 0);
  checkExtent(CALL, 'dilation', dilation);
  checkCount(CALL, 'groups', groups);
  checkFlag(CALL, 'bias', bias);
}
