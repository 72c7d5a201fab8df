// Lowerings of the optimizer updates; the formulas are at the operators.
import type { AdamUpdateAttributes } from '../../../ops/adam-update.ts';
import type { MomentumUpdateAttributes } from '../../../ops/momentum-update.ts';
import type { SgdUpdateAttributes } from '../../../ops/sgd-update.ts';
import type { ModelBuilder } from '../builder.ts';
import { elementTypes } from '../graph.ts';
import type { Lowering } from './lowering.ts';

export const lowerSgdUpdate: Lowering<SgdUpdateAttributes> = ({ builder, inputs, attributes }) => {
  const [weight, gradient, rate] = inputs.map(({ name }) => name) as [string, string, string];
  const decayed = withDecay(builder, gradient, weight, attributes.weightDecay);
  return [builder.subtract(weight, builder.multiply(decayed, rate))];
};

export const lowerMomentumUpdate: Lowering<MomentumUpdateAttributes> = ({ builder, inputs, attributes }) => {
  const [weight, velocity, gradient, rate] = inputs.map(({ name }) => name) as [
    string,
    string,
    string,
    string,
  ];
  const { momentum, nesterov, weightDecay } = attributes;
  const decayed = withDecay(builder, gradient, weight, weightDecay);
  const kept = (v: string) => builder.multiply(v, builder.float(momentum));
  const next = builder.add(kept(velocity), decayed);
  const direction = nesterov ? builder.add(decayed, kept(next)) : next;
  return [builder.subtract(weight, builder.multiply(direction, rate)), next];
};

export const lowerAdamUpdate: Lowering<AdamUpdateAttributes> = ({ builder, inputs, attributes }) => {
  const names = inputs.map(({ name }) => name) as [string, string, string, string, string, string];
  const [weight, mean, square, gradient, rate, step] = names;
  const { beta1, beta2, epsilon, weightDecay, decoupled } = attributes;
  const g = decoupled ? gradient : withDecay(builder, gradient, weight, weightDecay);
  const nextMean = average(builder, mean, g, beta1);
  const nextSquare = average(builder, square, builder.multiply(g, g), beta2);
  const meanScale = builder.divide(rate, correction(builder, beta1, step));
  const variance = builder.divide(nextSquare, correction(builder, beta2, step));
  const deviation = builder.add(builder.node('Sqrt', [variance]), builder.float(epsilon));
  const change = builder.divide(builder.multiply(nextMean, meanScale), deviation);
  const decay = builder.multiply(rate, builder.float(weightDecay));
  const start =
    decoupled && weightDecay !== 0 ? builder.subtract(weight, builder.multiply(weight, decay)) : weight;
  return [builder.subtract(start, change), nextMean, nextSquare];
};

/** g + wd w */
function withDecay(builder: ModelBuilder, gradient: string, weight: string, weightDecay: number): string {
  if (weightDecay === 0) return gradient;
  return builder.add(gradient, builder.multiply(weight, builder.float(weightDecay)));
}

/** beta running + (1 - beta) now */
function average(builder: ModelBuilder, running: string, now: string, beta: number): string {
  const kept = builder.multiply(running, builder.float(beta));
  return builder.add(kept, builder.multiply(now, builder.float(1 - beta)));
}

/** 1 - beta^step, in double precision: in single precision most digits of 1 - 0.999 are lost. */
function correction(builder: ModelBuilder, beta: number, step: string): string {
  const double = (value: number) =>
    builder.constant({ type: 'float64', shape: [], data: Float64Array.of(value) });
  const power = builder.node('Pow', [double(beta), builder.cast(step, elementTypes.float64)]);
  return builder.cast(builder.subtract(double(1), power), elementTypes.float32);
}
