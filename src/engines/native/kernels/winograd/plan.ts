// Which way of dividing the work suits which shapes, and where Winograd does not pay at all.
import type { Shape } from '../../../../tensor/shape.ts';
import type { Target } from '../../kernel.ts';
import type { Plan } from './convolution.ts';
import type { FilterGradientPlan } from './filter-gradient.ts';

/** The plan of a convolution from one image to another, if it pays. */
export function choosePlan(input: Shape, output: Shape, _target: Target): Plan | undefined {
  const size = output[2]! <= 2 ? 2 : 4;
  if (input[1]! * output[1]! <= 128 * 128) return { size, divide: 'tiles', groups: 2, inputs: 0 };
  return { size, divide: 'outputs', groups: 0, inputs: 4 };
}

/** The plan of a gradient with respect to weights, if it pays. */
export function chooseFilterGradientPlan(
  input: Shape,
  gradient: Shape,
  _target: Target,
): FilterGradientPlan | undefined {
  const size = gradient[2]! <= 2 ? 2 : 4;
  return { size, divide: input[1]! * gradient[1]! <= 128 * 128 ? 'tiles' : 'outputs', groups: 2 };
}
