// Dropout. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 2014.

import { UsageError } from '../../base/errors.ts';
import type { Value } from '../../graph/graph.ts';
import { dropout } from '../../ops/dropout.ts';
import { Module } from '../module.ts';
import { randomKey } from '../random-key.ts';

/**
 * In training, sets a random fraction `ratio` of the elements to 0 and scales the others by 1 / (1 - ratio). The identity in
 * inference. Any shape. The mask is a function of seed, layer, step and element.
 */
export class Dropout extends Module {
  private readonly ratio: number;

  /** @throws UsageError unless `ratio` is from 0 to below 1 */
  constructor(ratio = 0.5) {
    super();
    if (!(ratio >= 0 && ratio < 1)) {
      throw new UsageError(`the dropout ratio must be from 0 to below 1, got ${ratio}.`);
    }
    this.ratio = ratio;
  }

  forward(x: Value): Value {
    if (x.graph.mode === 'inference' || this.ratio === 0) return x;
    return dropout(x, randomKey(x.graph), { ratio: this.ratio, stream: `dropout ${this.path}` });
  }
}
