// Steps of the optimizers: one pass over the storage of weight, gradient and what is kept, in whatever layout it lies.

import { internal } from '../../../../base/errors.ts';
import type { AdamUpdateAttributes } from '../../../../ops/adam-update.ts';
import type { MomentumUpdateAttributes } from '../../../../ops/momentum-update.ts';
import type { SgdUpdateAttributes } from '../../../../ops/sgd-update.ts';
import { sizeOf } from '../../../../tensor/shape.ts';
import { literal } from '../../compiler/c.ts';
import type { Kernel, KernelRule, Operand, Request } from '../../compiler/kernel.ts';
import { plain, sameLayout, storageSize } from '../../compiler/layout.ts';
import { code, kernelFunction } from '../../compiler/template.ts';
import { root } from './elementwise.ts';

interface Update {
  /** Names of the operands: tensors first, then numbers. */
  readonly tensors: readonly string[];
  readonly numbers: readonly string[];
  readonly outputs: readonly string[];
  /** C before the loop, with the numbers' pointers. */
  readonly before: string;
  /** C for one vector: reads `tensors`, declares `next_` of each output. */
  readonly step: string;
}

/** All tensors lie as the weight does; each output may be written over the tensor that it is the next value of. */
function updateRule<A extends object>(
  tensors: number,
  numbers: number,
  outputs: number,
  updateOf: (attributes: A) => Update,
): KernelRule<A> {
  return {
    layouts({ inputs }) {
      const layout = inputs[0].layout;
      const repeated = (count: number) => new Array<typeof layout>(count).fill(layout);
      return {
        inputs: [...repeated(tensors), ...new Array<typeof plain>(numbers).fill(plain)],
        outputs: repeated(outputs),
      };
    },
    kernel: (request) => updateKernel(updateOf(request.attributes), request),
    inPlace: () => Array.from({ length: outputs }, (_, i) => [i, i] as const),
  };
}

export const sgdUpdateRule: KernelRule<SgdUpdateAttributes> = updateRule(2, 1, 1, ({ weightDecay }) => ({
  tensors: ['weight', 'gradient'],
  numbers: ['rate'],
  outputs: ['weight'],
  before: 'const float learning_rate = *rate;',
  step: `const vec next_weight = weight_now - learning_rate * ${decayed('gradient_now', weightDecay)};`,
}));

export const momentumUpdateRule: KernelRule<MomentumUpdateAttributes> = updateRule(
  3,
  1,
  2,
  ({ momentum, nesterov, weightDecay }) => ({
    tensors: ['weight', 'velocity', 'gradient'],
    numbers: ['rate'],
    outputs: ['weight', 'velocity'],
    before: 'const float learning_rate = *rate;',
    step: code`
      const vec slope = ${decayed('gradient_now', weightDecay)};
      const vec next_velocity = ${literal(momentum)} * velocity_now + slope;
      const vec next_weight = weight_now - learning_rate * ${nesterov ? `(slope + ${literal(momentum)} * next_velocity)` : 'next_velocity'};
    `,
  }),
);

export const adamUpdateRule: KernelRule<AdamUpdateAttributes> = updateRule(4, 2, 3, (attributes) => {
  const { beta1, beta2, epsilon, weightDecay, decoupled } = attributes;
  const slope = decoupled ? 'gradient_now' : decayed('gradient_now', weightDecay);
  const start = decoupled && weightDecay !== 0 ? `weight_now - decay * weight_now` : 'weight_now';
  return {
    tensors: ['weight', 'mean', 'square', 'gradient'],
    numbers: ['rate', 'step'],
    outputs: ['weight', 'mean', 'square'],
    before: code`
      const float scaled_rate = *rate / (1.0 - pow(${beta1}, *step));
      const float square_scale = 1.0 / (1.0 - pow(${beta2}, *step));
      const float decay = *rate * ${literal(weightDecay)};
    `,
    step: code`
      const vec slope = ${slope};
      const vec next_mean = ${literal(beta1)} * mean_now + ${literal(1 - beta1)} * slope;
      const vec next_square = ${literal(beta2)} * square_now + ${literal(1 - beta2)} * slope * slope;
      const vec next_weight = ${start} - scaled_rate * next_mean / (NAME_root(next_square * square_scale) + ${literal(epsilon)});
    `,
  };
});

function decayed(gradient: string, weightDecay: number): string {
  return weightDecay === 0 ? gradient : `(${gradient} + ${literal(weightDecay)} * weight_now)`;
}

function updateKernel(
  { tensors, numbers, outputs, before, step }: Update,
  { inputs, outputs: written, target }: Request<object>,
): Kernel {
  const weight = inputs[0];
  const alike = [...inputs.slice(0, tensors.length), ...written].every((operand: Operand) =>
    sameLayout(operand.layout, weight.layout),
  );
  if (!alike) throw internal('an update got tensors in different layouts');
  const vectors = storageSize(weight.shape, weight.layout, target.lanes) / target.lanes;
  const body = code`
    ${before}
    SHARE(${vectors}, first, end);
    for (long i = first * LANES; i < end * LANES; i += LANES) {
      ${tensors.map((name) => `const vec ${name}_now = LOAD(${name} + i);`).join('\n')}
      ${step}
      ${outputs.map((name) => `STORE(next_${name}_at + i, next_${name});`).join('\n')}
    }
  `;
  const operands = [
    ...[...tensors, ...numbers].map((name) => `const float *${name}`),
    ...outputs.map((name) => `float *next_${name}_at`),
  ];
  const helpers = step.includes('NAME_root') ? root : '';
  return {
    code: `${helpers}${kernelFunction(operands, body)}`,
    flops: 2 * tensors.length * sizeOf(weight.shape),
  };
}
