// Elementwise activation functions: any shape -> the same shape.
import {
  add,
  divide,
  exp,
  greater,
  tanh as hyperbolicTangent,
  sigmoid as logistic,
  max,
  min,
  multiply,
  subtract,
  where,
} from '../expressions/builders.ts';
import type { Value } from '../graph/graph.ts';
import { check } from './check.ts';
import { elementwise } from './elementwise.ts';

const Relu = elementwise({ name: 'Relu', operands: ['x'], formula: ({ x }) => max(x, 0) });

/** Rectified linear unit: max(x, 0). Any shape -> the same shape. Nair & Hinton 2010. */
export function relu(x: Value): Value {
  return x.graph.apply(Relu, [x], {});
}

/** Bounds of `clip`; `min` must be less than `max`. */
export type ClipAttributes = { readonly min: number; readonly max: number };

const Clip = elementwise({
  name: 'Clip',
  operands: ['x'],
  // Bounds are float32, as the values are that the gradient compares with them.
  formula: ({ x }, bounds: ClipAttributes) => min(max(x, Math.fround(bounds.min)), Math.fround(bounds.max)),
  check: (bounds) =>
    check(
      'Clip',
      bounds.min < bounds.max,
      () => `has min ${bounds.min} and max ${bounds.max}; min must be less than max.`,
    ),
});

/**
 * Clips `x` to [min, max]. The gradient at the bounds is 0, as for torch.nn.Hardtanh (torch.clamp has 1 there).
 * @throws ShapeError unless min is less than max
 */
export function clip(x: Value, attributes: ClipAttributes): Value {
  return x.graph.apply(Clip, [x], attributes);
}

/** ReLU6: min(max(x, 0), 6), the activation of MobileNets. Krizhevsky 2010. */
export function relu6(x: Value): Value {
  return clip(x, { min: 0, max: 6 });
}

const LeakyRelu = elementwise({
  name: 'LeakyRelu',
  operands: ['x'],
  formula: ({ x }, { alpha }: { readonly alpha: number }) => where(greater(x, 0), x, multiply(alpha, x)),
});

/** Leaky ReLU: x for x > 0, else slope x; `slope` defaults to 0.01. Maas, Hannun & Ng 2013. */
export function leakyRelu(x: Value, slope = 0.01): Value {
  return x.graph.apply(LeakyRelu, [x], { alpha: slope });
}

const Elu = elementwise({
  name: 'Elu',
  operands: ['x'],
  formula: ({ x }, { alpha }: { readonly alpha: number }) =>
    where(greater(x, 0), x, multiply(alpha, subtract(exp(x), 1))),
});

/**
 * Exponential linear unit: x for x > 0, else alpha (e^x - 1); `alpha` defaults to 1.
 * Clevert, Unterthiner & Hochreiter 2016.
 */
export function elu(x: Value, alpha = 1): Value {
  return x.graph.apply(Elu, [x], { alpha });
}

const Sigmoid = elementwise({ name: 'Sigmoid', operands: ['x'], formula: ({ x }) => logistic(x) });

/** Logistic sigmoid: 1 / (1 + e^-x), without overflow. */
export function sigmoid(x: Value): Value {
  return x.graph.apply(Sigmoid, [x], {});
}

const Tanh = elementwise({ name: 'Tanh', operands: ['x'], formula: ({ x }) => hyperbolicTangent(x) });

/** Hyperbolic tangent. */
export function tanh(x: Value): Value {
  return x.graph.apply(Tanh, [x], {});
}

const Silu = elementwise({ name: 'Silu', operands: ['x'], formula: ({ x }) => multiply(x, logistic(x)) });

/** Sigmoid linear unit (Swish): x sigmoid(x). Elfwing, Uchibe & Doya 2018; Ramachandran, Zoph & Le 2017. */
export function silu(x: Value): Value {
  return x.graph.apply(Silu, [x], {});
}

const Gelu = elementwise({
  name: 'Gelu',
  operands: ['x'],
  formula: ({ x }) => {
    const inner = multiply(Math.sqrt(2 / Math.PI), add(x, multiply(0.044715, multiply(x, multiply(x, x)))));
    return multiply(multiply(0.5, x), add(1, hyperbolicTangent(inner)));
  },
});

/**
 * Gaussian error linear unit, tanh approximation: 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
 * Hendrycks & Gimpel 2016, section 2.
 */
export function gelu(x: Value): Value {
  return x.graph.apply(Gelu, [x], {});
}

const HardSigmoid = elementwise({
  name: 'HardSigmoid',
  operands: ['x'],
  formula: ({ x }) => divide(min(max(add(x, 3), 0), 6), 6),
});

/** Hard sigmoid: min(max(x + 3, 0), 6) / 6. Howard et al., "Searching for MobileNetV3", 2019, section 5.2. */
export function hardSigmoid(x: Value): Value {
  return x.graph.apply(HardSigmoid, [x], {});
}

const HardSwish = elementwise({
  name: 'HardSwish',
  operands: ['x'],
  formula: ({ x }) => multiply(x, divide(min(max(add(x, 3), 0), 6), 6)),
});

/** Hard swish: x min(max(x + 3, 0), 6) / 6. Howard et al., "Searching for MobileNetV3", 2019, section 5.2. */
export function hardSwish(x: Value): Value {
  return x.graph.apply(HardSwish, [x], {});
}
