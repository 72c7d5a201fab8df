// Sums and means over axes.
import type { ReduceAttributes } from '../../../../ops/reduce-sum.ts';
import { sizeOf } from '../../../../tensor/shape.ts';
import { code, kernelFunction } from '../../compiler/code.ts';
import type { Kernel, KernelRule, LayoutRequest, Request } from '../../compiler/kernel.ts';
import { batch, image, plain } from '../../compiler/layout.ts';
import { imageOperand } from '../lane-wise.ts';
import { clearByFirst, laneTotal } from '../lanes.ts';
import { at, pixelLoop, planePointer, readImage, writtenImage } from '../rows.ts';
import { plainReduction } from './plain-reduce.ts';
import { ACCUMULATORS, accumulated, accumulators, inverseOf, staged } from './statistics.ts';

export const reduceSumRule: KernelRule<ReduceAttributes> = {
  layouts: reduceLayouts,
  kernel: (request) => reduction(request, 1),
};

export const reduceMeanRule: KernelRule<ReduceAttributes> = {
  layouts: reduceLayouts,
  kernel(request) {
    const [x, y] = [request.inputs[0], request.outputs[0]];
    return reduction(request, sizeOf(x.shape) / sizeOf(y.shape));
  },
};

/** Images are read as they are where whole planes, or whole channels, are summed. */
function reduceLayouts({
  inputs: [x],
  attributes,
}: LayoutRequest<ReduceAttributes>): ReturnType<KernelRule['layouts']> {
  const { kind } = x.layout;
  if (kind === 'batch' && overChannels(attributes)) return { inputs: [batch], outputs: [plain] };
  if (kind !== 'image') return { inputs: [plain], outputs: [plain] };
  if (overChannels(attributes)) return { inputs: [image], outputs: [plain] };
  if (overPlanes(attributes)) return { inputs: [image], outputs: [attributes.keepDims ? image : plain] };
  return { inputs: [plain], outputs: [plain] };
}

function overChannels({ axes }: ReduceAttributes): boolean {
  return axes.join() === '0,2,3';
}

function overPlanes({ axes }: ReduceAttributes): boolean {
  return axes.join() === '2,3';
}

function reduction(request: Request<ReduceAttributes>, divisor: number): Kernel {
  const { kind } = request.inputs[0].layout;
  if (kind === 'batch') return channelSums(request, divisor);
  if (kind !== 'image') return plainReduction(request, divisor);
  return overChannels(request.attributes) ? channelSums(request, divisor) : planeSums(request, divisor);
}

/** `NAME_sum(x, plane)`: the sum of a plane. */
function sumFunction(request: Request<object>): string {
  const x = readImage('x', request.inputs[0], request.target);
  const sums = pixelLoop([x], {
    before: accumulators('sum'),
    body: (i, copy) => `sum${copy} += LOAD(${at('x', i)});`,
    after: `total += ${accumulated('sum')};`,
    unroll: ACCUMULATORS,
  });
  return code`
    static vec NAME_sum(const float *x, long plane) {
      ${planePointer(x, 'plane')}
      vec total = ZERO;
      ${sums}
      return total;
    }
  `;
}

/** In `batch` layout a plane is one channel of a block of images, and its sums are in the lanes. */
function channelSums(request: Request<object>, divisor: number): Kernel {
  const { target, inputs, outputs } = request;
  const inBatch = inputs[0].layout.kind === 'batch';
  const x = imageOperand(inputs[0], target);
  const { geometry } = readImage('x', x, target);
  const { images, blocks, size } = geometry;
  const scale = inverseOf(divisor);
  const keep = inBatch
    ? `y[block] = NAME_total(total) * ${scale};`
    : `STORE(y + block * LANES, total * ${scale});`;
  const body = staged(geometry, target, {
    measure: 'STORE(partial + plane * LANES, NAME_sum(x, plane));',
    join: code`
      vec total = ZERO;
      for (long image = 0; image < ${images}; image++) total += LOAD(partial + (image * ${blocks} + block) * LANES);
      if (keeps) ${keep}
    `,
  });
  const functions = `${inBatch ? laneTotal(target) : ''}${sumFunction({ ...request, inputs: [x] })}`;
  const clear = inBatch ? clearByFirst('y', sizeOf(outputs[0].shape), target) : '';
  return {
    code: `${functions}${kernelFunction(['const float *x', 'float *y', 'float *partial'], body + clear)}`,
    workspace: images * blocks * target.lanes,
    flops: size,
  };
}

/** Also the global average pool. */
export function planeSums(request: Request<object>, divisor: number): Kernel {
  const {
    inputs,
    outputs: [y],
    target,
  } = request;
  const { images, blocks, channels, size } = readImage('x', inputs[0], target).geometry;
  const kept = () => {
    const { origin, block } = writtenImage('y', y, target).geometry;
    return `STORE(y + ${origin} + plane * ${block}L, total);`;
  };
  const dense = code`
    const long channel = plane % ${blocks} * LANES, image = plane / ${blocks};
    const long count = ${channels} - channel < LANES ? ${channels} - channel : LANES;
    memcpy(y + image * ${channels} + channel, &total, count * sizeof(float));
  `;
  const body = code`
    CHUNK(${images * blocks}, first, end);
    for (long plane = first; plane < end; plane++) {
      const vec total = NAME_sum(x, plane) * ${inverseOf(divisor)};
      ${y.layout.kind === 'image' ? kept() : dense}
    }
    ${y.layout.kind === 'plain' ? clearByFirst('y', sizeOf(y.shape), target) : ''}
  `;
  return {
    code: `${sumFunction(request)}${kernelFunction(['const float *x', 'float *y'], body)}`,
    flops: size,
  };
}
