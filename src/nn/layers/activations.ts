// Activation layers for `Sequential`; in a `forward` method the functions of ops/ do the same.
import type { Value } from '../../graph/graph.ts';
import { clip, relu, sigmoid } from '../../ops/activations.ts';
import { Module } from '../module.ts';

/** max(x, 0). Any shape. */
export class ReLU extends Module {
  forward(x: Value): Value {
    return relu(x);
  }
}

/** min(max(x, 0), 6), as in MobileNetV2. Any shape. */
export class ReLU6 extends Module {
  forward(x: Value): Value {
    return clip(x, { min: 0, max: 6 });
  }
}

/** 1 / (1 + exp(-x)). Any shape. */
export class Sigmoid extends Module {
  forward(x: Value): Value {
    return sigmoid(x);
  }
}
