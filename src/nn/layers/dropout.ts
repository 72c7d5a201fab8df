// Dropout: in training a random part of the elements is zero and the rest scaled up; otherwise nothing happens.
// Srivastava et al. 2014.

import { UsageError } from '../../base/errors.ts';
import type { Value } from '../../graph/graph.ts';
import { dropout } from '../../ops/dropout.ts';
import { Module } from '../module.ts';
import { randomKey } from '../random-key.ts';

/** Any shape; `ratio` is the share of elements that become zero. The mask is a function of (seed, layer, step, element). */
export class Dropout extends Module {
  private readonly ratio: number;

  constructor(ratio = 0.5) {
    super();
    if (!(ratio >= 0 && ratio < 1)) {
      throw new UsageError(
        `dropout sets a share from 0 to below 1 of all elements to zero, but got ${ratio}; 0 turns it off.`,
      );
    }
    this.ratio = ratio;
  }

  forward(x: Value): Value {
    if (x.graph.mode === 'inference' || this.ratio === 0) return x;
    return dropout(x, randomKey(x.graph), { ratio: this.ratio, stream: `dropout ${this.path}` });
  }
}
