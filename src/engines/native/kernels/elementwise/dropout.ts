// Dropout: random numbers are counted in row-major order, however the tensor lies.
import type { DropoutAttributes } from '../../../../ops/dropout.ts';
import { hashName } from '../../../../tensor/random.ts';
import { sizeOf } from '../../../../tensor/shape.ts';
import { literal } from '../../compiler/c.ts';
import { code, kernelFunction } from '../../compiler/code.ts';
import type { Kernel, KernelRule, Operand, Request, Target } from '../../compiler/kernel.ts';
import { type ImageGeometry, image, imageGeometry, plain } from '../../compiler/layout.ts';
import { clearByFirst } from '../lanes.ts';
import { RANDOM_GROUP, randomFunction } from './philox.ts';

export const dropoutRule: KernelRule<DropoutAttributes> = {
  layouts({ inputs: [x] }) {
    const layout = x.layout.kind === 'image' ? image : plain;
    return { inputs: [layout, plain], outputs: [layout, layout] };
  },
  kernel: dropoutKernel,
  inPlace: () => [[0, 0]],
};

function dropoutKernel({
  attributes,
  inputs: [x],
  outputs: [y, mask],
  target,
}: Request<DropoutAttributes>): Kernel {
  const size = sizeOf(x.shape);
  const treat = x.layout.kind === 'image' ? overImage([x, y, mask], target) : overPlain;
  const body = code`
    CHUNK(${Math.ceil(size / RANDOM_GROUP)}, first, end);
    for (long group = first; group < end; group++) {
      const long start = group * ${RANDOM_GROUP};
      const long count = ${size} - start < ${RANDOM_GROUP} ? ${size} - start : ${RANDOM_GROUP};
      uint32_t words[${RANDOM_GROUP}];
      float scales[${RANDOM_GROUP}];
      NAME_random(group, key[0], key[1], key[2], ${hashName(attributes.stream)}u, words);
      for (int i = 0; i < ${RANDOM_GROUP}; i++) scales[i] = ${scaleOf(attributes)};
      ${treat}
    }
    ${x.layout.kind === 'image' ? '' : clearByFirst('y', size, target) + clearByFirst('scale', size, target)}
  `;
  const operands = ['const float *x', 'const int32_t *key', 'float *y', 'float *scale'];
  return { code: `${randomFunction}${kernelFunction(operands, body)}` };
}

/** What element i is multiplied with: nothing is kept if the ratio rounds to 1. */
function scaleOf({ ratio }: DropoutAttributes): string {
  const least = Math.ceil(ratio * 2 ** 24) * 2 ** 8;
  return least >= 2 ** 32 ? '0.0f' : `words[i] >= ${least}u ? ${literal(1 / (1 - ratio))} : 0.0f`;
}

const overPlain = code`
  for (long i = 0; i < count; i++) {
    scale[start + i] = scales[i];
    y[start + i] = x[start + i] * scales[i];
  }
`;

/** The group's elements one by one; the last channel's pixel takes the zeros of the unused lanes along. */
function overImage(operands: readonly Operand[], { lanes }: Target): string {
  const [x, y, scale] = operands.map(({ shape, layout }) => imageGeometry(shape, layout, lanes)) as [
    ImageGeometry,
    ImageGeometry,
    ImageGeometry,
  ];
  const { channels, height, width } = x;
  const place = ({ origin, image: imageStep, block, row }: ImageGeometry) =>
    `${origin} + image * ${imageStep}L + channel / LANES * ${block}L + channel % LANES + h * ${row}L + w * LANES`;
  const unused = code`
    for (long lane = 1; channel + 1 == ${channels} && lane <= ${x.blocks * lanes - channels}; lane++) {
      scale_at[lane] = 0;
      y_at[lane] = 0;
    }
  `;
  return code`
    for (long i = 0; i < count; i++) {
      const long w = (start + i) % ${width}, h = (start + i) / ${width} % ${height};
      const long channel = (start + i) / ${height * width} % ${channels}, image = (start + i) / ${channels * height * width};
      float *scale_at = scale + ${place(scale)}, *y_at = y + ${place(y)};
      *scale_at = scales[i];
      *y_at = x[${place(x)}] * scales[i];
      ${channels % lanes === 0 ? '' : unused}
    }
  `;
}
