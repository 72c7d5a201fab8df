// Max pooling and its gradient.
import type { MaxPoolAttributes } from '../../../../ops/max-pool.ts';
import { code } from '../../compiler/code.ts';
import type { FusedAttributes } from '../../compiler/instruction.ts';
import type { KernelRule } from '../../compiler/kernel.ts';
import { image } from '../../compiler/layout.ts';
import { formulaFunction } from '../elementwise/formula-code.ts';
import { laneWise } from '../lane-wise.ts';
import { readImage } from '../rows.ts';
import { poolKernel, spreadKernel } from './pool.ts';
import { slidingWindows } from './windows.ts';

export const maxPoolRule: KernelRule<MaxPoolAttributes> = laneWise({
  layouts: () => ({ inputs: [image], outputs: [image] }),
  kernel({ attributes, inputs: [x], outputs: [y], target }) {
    return poolKernel(x, y, target, {
      windows: slidingWindows(x.shape, y.shape, attributes, false),
      // What is not a number counts as larger than every number.
      take: 'result = SELECT((value > result) | (value != value), value, result);',
      fromZero: false,
      finish: 'result',
    });
  },
});

/** The first pixel of a window that is not below the output gets the gradient. */
export const maxPoolGradRule: KernelRule<FusedAttributes['MaxPoolGrad']> = laneWise({
  layouts: () => ({ inputs: [image, image, image], outputs: [image] }),
  kernel({ attributes, inputs: [dy, x, y], outputs: [dx], target }) {
    const { epilogue } = attributes;
    return spreadKernel(dx, target, ['const float *dy', 'const float *x', 'const float *y', 'float *dx'], {
      windows: slidingWindows(x.shape, y.shape, attributes, false),
      outputs: [readImage('dy', dy, target), readImage('y', y, target)],
      inputs: [readImage('x', x, target)],
      helpers: epilogue ? formulaFunction('epilogue', epilogue, 2) : '',
      prepare: code`
        const vec largest = LOAD(y_at);
        const vec gradient = ${epilogue ? 'NAME_epilogue(LOAD(dy_at), largest)' : 'LOAD(dy_at)'};
      `,
      parameters: ['vec gradient', 'vec largest'],
      part: code`
        const mask hit = ~(x_value < largest) & open;
        open &= ~hit;
        const vec part = KEEP(hit, gradient);
      `,
    });
  },
});
