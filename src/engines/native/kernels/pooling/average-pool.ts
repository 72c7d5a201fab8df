// Average pooling of every kind, and the gradients.
import type {
  AdaptiveAveragePoolAttributes,
  AdaptiveAveragePoolGradAttributes,
} from '../../../../ops/adaptive-average-pool.ts';
import type { AveragePoolAttributes } from '../../../../ops/average-pool.ts';
import { type Shape, sizeOf } from '../../../../tensor/shape.ts';
import type { Bounds, FusedAttributes } from '../../compiler/instruction.ts';
import type { Kernel, KernelRule, Operand, Target } from '../../compiler/kernel.ts';
import { insideBounds } from '../elementwise/elementwise.ts';
import { image } from '../elementwise/map.ts';
import { laneWise } from '../lane-wise.ts';
import { planeSums } from '../reduction/reduce.ts';
import { readImage } from '../rows.ts';
import { poolKernel, spreadKernel } from './pool.ts';
import { adaptiveWindows, shareAt, slidingWindows, type Windows } from './windows.ts';

export const averagePoolRule: KernelRule<AveragePoolAttributes> = laneWise({
  layouts: imageToImage,
  kernel: ({ attributes, inputs: [x], outputs: [y], target }) =>
    averageKernel(x, y, target, averagedWindows(x.shape, y.shape, attributes)),
});

export const averagePoolGradRule: KernelRule<FusedAttributes['AveragePoolGrad']> = laneWise({
  layouts: ({ inputs }) => ({ inputs: inputs.map(() => image), outputs: [image] }),
  kernel: ({ attributes, inputs: [dy, y], outputs: [dx], target }) => {
    const mask = attributes.clip && { y: y, clip: attributes.clip };
    return shareKernel(dy, dx, target, averagedWindows(dx.shape, dy.shape, attributes), mask);
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
    shareKernel(dy, dx, target, adaptiveWindows(dx.shape, dy.shape)),
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
    finish: 'result * share',
  });
}

/** Where it counts, if not everywhere: where y is strictly between the bounds. */
interface Mask {
  readonly y: Operand;
  readonly clip: Bounds;
}

function shareKernel(dy: Operand, dx: Operand, target: Target, windows: Windows, mask?: Mask): Kernel {
  const operands = ['const float *dy', ...(mask ? ['const float *y'] : []), 'float *dx'];
  return spreadKernel(dx, target, operands, {
    windows,
    outputs: [readImage('dy', dy, target)],
    inputs: mask ? [readImage('y', mask.y, target)] : [],
    prepare: `const vec share = LOAD(dy_at) * (${shareAt(windows.rows, 'i')} * ${shareAt(windows.columns, 'j')});`,
    parameters: ['vec share'],
    part: `const vec part = ${mask ? `KEEP(${insideBounds('y_value', mask.clip)}, share)` : 'share'};`,
  });
}
