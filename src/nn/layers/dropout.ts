// Dropout: in training a random part of the elements is zero and the rest scaled up; otherwise nothing happens.
// Srivastava et al. 2014.
import type { Value } from '../../graph/graph.ts';
import { dropout } from '../../ops/dropout.ts';
import { Module } from '../module.ts';
import { randomKey } from '../random-key.ts';

/** Any shape; `ratio` is the share of elements that become zero. The mask is a function of (seed, layer, step, element). */
export class Dropout extends Module {
  private readonly ratio: number;

  constructor(ratio = 0.5) {
    super();
    this.ratio = ratio;
  }

  forward(x: Value): Value {
    if (x.graph.mode === 'inference' || this.ratio === 0) return x;
    return dropout(x, randomKey(x.graph), { ratio: this.ratio, stream: `dropout ${this.path}` });
  }
}
