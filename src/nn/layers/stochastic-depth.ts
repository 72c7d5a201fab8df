// Stochastic depth. Huang, Sun, Liu, Sedra & Weinberger, "Deep networks with stochastic depth", ECCV 2016.
import type { Value } from '../../graph/graph.ts';
import { mul } from '../../ops/arithmetic.ts';
import { floatTensor } from '../../tensor/tensor.ts';
import { Module } from '../module.ts';
import { Dropout } from './dropout.ts';

/**
 * For the branch of a residual block, `[N, ...]`: in training, sets the branch of a random fraction `ratio` of the images to 0
 * and scales the others by 1 / (1 - ratio). The identity in inference. torchvision's mode "row".
 */
export class StochasticDepth extends Module {
  private readonly dropout: Dropout;

  /** @throws UsageError unless `ratio` is from 0 to below 1 */
  constructor(ratio: number) {
    super();
    this.dropout = new Dropout(ratio);
  }

  forward(x: Value): Value {
    const [images, ...rest] = x.shape;
    const ones = floatTensor([images, ...rest.map(() => 1)], new Float32Array(images).fill(1));
    const one = x.graph.constant(ones);
    const factor = this.dropout.call(one);
    return factor === one ? x : mul(x, factor);
  }
}
