// Activation layers, for use in `Sequential`; in a `forward` the functions of ops/ do the same.
import type { Value } from '../../graph/graph.ts';
import { clip, relu, sigmoid } from '../../ops/activations.ts';
import { Module } from '../module.ts';

/** max(x, 0) */
export class ReLU extends Module {
  forward(x: Value): Value {
    return relu(x);
  }
}

/** min(max(x, 0), 6): the activation of MobileNets. */
export class ReLU6 extends Module {
  forward(x: Value): Value {
    return clip(x, { min: 0, max: 6 });
  }
}

/** 1 / (1 + exp(-x)) */
export class Sigmoid extends Module {
  forward(x: Value): Value {
    return sigmoid(x);
  }
}
