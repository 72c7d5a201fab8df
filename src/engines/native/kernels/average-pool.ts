// Average pooling of every kind, and the gradients.
import type {
  AdaptiveAveragePoolAttributes,
  AdaptiveAveragePoolGradAttributes,
} from '../../../ops/adaptive-average-pool.ts';
import type { AveragePoolAttributes, AveragePoolGradAttributes } from '../../../ops/average-pool.ts';
import { type Shape, sizeOf } from '../../../tensor/shape.ts';
import type { Kernel, KernelRule, Operand, Target } from '../kernel.ts';
import { image } from './map.ts';
import { poolKernel, spreadKernel } from './pool.ts';
import { planeSums } from './reduce.ts';
import { readImage } from './rows.ts';
import { adaptiveWindows, shareAt, slidingWindows, type Windows } from './windows.ts';

export const averagePoolRule: KernelRule<AveragePoolAttributes> = {
  layouts: imageToImage,
  kernel: ({ attributes, inputs: [x], outputs: [y], target }) =>
    averageKernel(x!, y!, target, averagedWindows(x!.shape, y!.shape, attributes)),
};

export const averagePoolGradRule: KernelRule<AveragePoolGradAttributes> = {
  layouts: imageToImage,
  kernel: ({ attributes, inputs: [dy], outputs: [dx], target }) =>
    shareKernel(dy!, dx!, target, averagedWindows(dx!.shape, dy!.shape, attributes)),
};

export const adaptiveAveragePoolRule: KernelRule<AdaptiveAveragePoolAttributes> = {
  layouts: imageToImage,
  kernel: ({ inputs: [x], outputs: [y], target }) =>
    averageKernel(x!, y!, target, adaptiveWindows(x!.shape, y!.shape)),
};

export const adaptiveAveragePoolGradRule: KernelRule<AdaptiveAveragePoolGradAttributes> = {
  layouts: imageToImage,
  kernel: ({ inputs: [dy], outputs: [dx], target }) =>
    shareKernel(dy!, dx!, target, adaptiveWindows(dx!.shape, dy!.shape)),
};

export const globalAveragePoolRule: KernelRule = {
  layouts: imageToImage,
  kernel: (request) => planeSums(request, sizeOf(request.inputs[0]!.shape.slice(2))),
};

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

function shareKernel(dy: Operand, dx: Operand, target: Target, windows: Windows): Kernel {
  return spreadKernel(dx, target, ['const float *dy', 'float *dx'], {
    windows,
    outputs: [readImage('dy', dy, target)],
    inputs: [],
    prepare: `const vec part = LOAD(dy_at) * (${shareAt(windows.rows, 'i')} * ${shareAt(windows.columns, 'j')});`,
    parameters: ['vec part'],
    part: '',
  });
}
