// Average pooling of every kind, and the gradients.
import type {
  AdaptiveAveragePoolAttributes,
  AdaptiveAveragePoolGradAttributes,
} from '../../../ops/adaptive-average-pool.ts';
import type { AveragePoolAttributes, AveragePoolGradAttributes } from '../../../ops/average-pool.ts';
import type { Shape } from '../../../tensor/shape.ts';
import type { Kernel, KernelRule, Operand, Request, Target } from '../kernel.ts';
import { image } from './map.ts';
import { poolKernel, spreadKernel } from './pool.ts';
import { at, pixelLoop, planePointer, readImage, writtenImage } from './rows.ts';
import { ACCUMULATORS, accumulated, accumulators, inverseOf } from './statistics.ts';
import { code, kernelFunction } from './template.ts';
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
  kernel: globalKernel,
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

/** One sum per plane. */
function globalKernel({ inputs: [input], outputs: [output], target }: Request<object>): Kernel {
  const x = readImage('x', input!, target);
  const { origin, block } = writtenImage('y', output!, target).geometry;
  const { images, blocks, height, width } = x.geometry;
  const sums = pixelLoop([x], {
    before: accumulators('sum'),
    body: (i, turn) => `sum${turn} += LOAD(${at('x', i)});`,
    after: `total += ${accumulated('sum')};`,
    unroll: ACCUMULATORS,
  });
  const body = code`
    SHARE(${images * blocks}, first, end);
    for (long plane = first; plane < end; plane++) {
      ${planePointer(x, 'plane')}
      vec total = ZERO;
      ${sums}
      STORE(y + ${origin} + plane * ${block}L, total * ${inverseOf(height * width)});
    }
  `;
  return { code: kernelFunction(['const float *x', 'float *y'], body) };
}
