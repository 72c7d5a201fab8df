// Batch normalization with running statistics. Ioffe & Szegedy, ICML 2015.

import { checkCount, checkOptionNames } from '../../base/arguments.ts';
import type { Value } from '../../graph/graph.ts';
import { batchNormalization, batchNormalizationTraining } from '../../ops/batch-normalization.ts';
import { Module } from '../module.ts';
import { Parameter } from '../parameter.ts';

/** Options of `BatchNorm2d`. */
export interface BatchNorm2dOptions {
  /** Added to the variance; defaults to 1e-5. */
  readonly epsilon?: number;
  /** Weight of the current batch in the running statistics; defaults to 0.1. */
  readonly momentum?: number;
}

/**
 * Batch normalization of `[N, C, H, W]`; the shape stays the same. Training normalizes with the statistics of the batch and
 * updates the running statistics (with unbiased variance, as in PyTorch); inference uses the running statistics. A layer
 * whose weight and bias are both frozen uses its running statistics in training, too, and does not update them, as in Keras.
 * Parameters are named as in torchvision.
 * @throws UsageError unless `channels` is a positive integer
 */
export class BatchNorm2d extends Module {
  /** Scale, `[C]`; initially 1. */
  readonly weight: Parameter;
  /** Shift, `[C]`; initially 0. */
  readonly bias: Parameter;
  /** Running mean, `[C]`: a buffer, initially 0. */
  readonly running_mean: Parameter;
  /** Running variance, `[C]`: a buffer, initially 1. */
  readonly running_var: Parameter;
  private readonly options: Required<BatchNorm2dOptions>;

  constructor(channels: number, options: BatchNorm2dOptions = {}) {
    super();
    const call = 'new BatchNorm2d(channels, options?)';
    checkCount(call, 'channels', channels);
    checkOptionNames(call, options, ['epsilon', 'momentum']);
    const { epsilon = 1e-5, momentum = 0.1 } = options;
    this.options = { epsilon, momentum };
    this.weight = new Parameter([channels], 1);
    this.bias = new Parameter([channels], 0);
    this.running_mean = new Parameter([channels], 0, { role: 'buffer' });
    this.running_var = new Parameter([channels], 1, { role: 'buffer' });
  }

  forward(x: Value): Value {
    const { graph } = x;
    const operands = [
      graph.variable(this.weight),
      graph.variable(this.bias),
      graph.variable(this.running_mean),
      graph.variable(this.running_var),
    ] as const;
    const { epsilon, momentum } = this.options;
    const frozen = !this.weight.trainable && !this.bias.trainable;
    if (graph.mode === 'inference' || frozen) return batchNormalization(x, operands, { epsilon });
    const normalized = batchNormalizationTraining(x, operands, { epsilon, momentum });
    graph.update(this.running_mean, normalized.nextRunningMean);
    graph.update(this.running_var, normalized.nextRunningVariance);
    return normalized.y;
  }
}
