// Average pooling of every kind, and the gradients.

import type { Expression } from '../../../../expressions/expression.ts';
import type {
  AdaptiveAveragePoolAttributes,
  AdaptiveAveragePoolGradAttributes,
} from '../../../../ops/adaptive-average-pool.ts';
import type { AveragePoolAttributes } from '../../../../ops/average-pool.ts';
import { type Shape, sizeOf } from '../../../../tensor/shape.ts';
import type { FusedAttributes } from '../../compiler/instruction.ts';
import type { Kernel, KernelRule, Operand, Target } from '../../compiler/kernel.ts';
import { image } from '../../compiler/layout.ts';
import { formulaFunction } from '../elementwise/formula-code.ts';
import { laneWise } from '../lane-wise.ts';
import { planeSums } from '../reduction/reduce.ts';
import { readImage } from '../rows.ts';
import { poolKernel, spreadKernel } from './pool.ts';
import { adaptiveWindows, inverseDivisorAt, slidingWindows, type Windows } from './windows.ts';

export const averagePoolRule: KernelRule<AveragePoolAttributes> = laneWise({
  layouts: imageToImage,
  kernel: ({ attributes, inputs: [x], outputs: [y], target }) =>
    averageKernel(x, y, target, averagedWindows(x.shape, y.shape, attributes)),
});

export const averagePoolGradRule: KernelRule<FusedAttributes['AveragePoolGrad']> = laneWise({
  layouts: ({ inputs }) => ({ inputs: inputs.map(() => image), outputs: [image] }),
  kernel: ({ attributes, inputs: [dy, y], outputs: [dx], target }) => {
    const { epilogue: formula } = attributes;
    const windows = averagedWindows(dx.shape, dy.shape, attributes);
    return averageGradKernel(dy, dx, target, windows, formula && { formula, operand: y });
  },
});

export const adaptiveAveragePoolRule: KernelRule<AdaptiveAveragePoolAttributes> = laneWise({
  layouts: imageToImage,
  kernel: ({ inputs: [x], outputs: [y], target }) =>
    averageKernel(x, y, target, adaptiveWindows(x.shape, y.shape)),
});

export const adaptiveAveragePoolGradRule: KernelRule<AdaptiveAveragePoolGradAttributes> = laneWise({
  layouts: imageToImage,
  kernel: ({ inputs: [dy], outputs: [dx], target }) =>
    averageGradKernel(dy, dx, target, adaptiveWindows(dx.shape, dy.shape)),
});

export const globalAveragePoolRule: KernelRule = laneWise({
  layouts: imageToImage,
  kernel: (request) => planeSums(request, sizeOf(request.inputs[0].shape.slice(2))),
});

function imageToImage(): ReturnType<KernelRule['layouts']> {
  return { inputs: [image], outputs: [image] };
}

function averagedWindows(x: Shape, y: Shape, attributes: AveragePoolAttributes): Windows {
  return slidingWindows(x, y, { ...attributes, dilations: [1, 1] }, attributes.countIncludePad);
}

function averageKernel(x: Operand, y: Operand, target: Target, windows: Windows): Kernel {
  return poolKernel(x, y, target, {
    windows,
    take: 'result += value;',
    fromZero: true,
    finish: 'result * inverse',
  });
}

/** What each part of the gradient goes through: a formula that is linear in it. */
interface Epilogue {
  readonly formula: Expression;
  /** Operand 1 of the formula. */
  readonly operand: Operand | undefined;
}

function averageGradKernel(
  dy: Operand,
  dx: Operand,
  target: Target,
  windows: Windows,
  epilogue?: Epilogue,
): Kernel {
  const y = epilogue?.operand;
  const operands = ['const float *dy', ...(y ? ['const float *y'] : []), 'float *dx'];
  const finished = `NAME_epilogue(value${y ? ', y_value' : ''})`;
  return spreadKernel(dx, target, operands, {
    windows,
    outputs: [readImage('dy', dy, target)],
    inputs: y ? [readImage('y', y, target)] : [],
    helpers: epilogue ? formulaFunction('epilogue', epilogue.formula, y ? 2 : 1) : '',
    prepare: `const vec value = LOAD(dy_at) * (${inverseDivisorAt(windows.rows, 'i')} * ${inverseDivisorAt(windows.columns, 'j')});`,
    parameters: ['vec value'],
    part: `const vec part = ${epilogue ? finished : 'value'};`,
  });
}
