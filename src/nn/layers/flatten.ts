// Flattens feature maps into vectors.
import type { Value } from '../../graph/graph.ts';
import { flatten } from '../../ops/reshape.ts';
import { Module } from '../module.ts';

/** `[N, C, H, W]` -> `[N, C * H * W]` */
export class Flatten extends Module {
  forward(x: Value): Value {
    return flatten(x);
  }
}
