// Tests of joining, cutting and padding.
import {
  type Agreement,
  agreement,
  checkAgreement,
  image,
  uneven,
} from '../../../../../test/kernel-agreement.ts';
import { nativeTest } from '../../../../../test/native.ts';
import { Concat } from '../../../../ops/concat.ts';
import { Pad } from '../../../../ops/pad.ts';
import { randomTensor } from '../../../../ops/run.ts';
import { Slice, SliceGrad } from '../../../../ops/slice.ts';
import type { Shape } from '../../../../tensor/shape.ts';
import { intTensor } from '../../../../tensor/tensor.ts';
import { concatRule, padRule, sliceGradRule, sliceRule } from './boxes.ts';

function joining(shapes: Shape[], axis: number, ofImages = false): Agreement {
  const inputs = shapes.map((shape, i) => randomTensor(shape, `input ${i}`));
  const layouts = ofImages ? { layouts: shapes.map(() => image) } : {};
  return agreement(
    `${shapes.join(' and ')} along ${axis}`,
    Concat,
    uneven(concatRule),
    inputs,
    { axis },
    layouts,
  );
}

function cutting(
  shape: Shape,
  starts: number[],
  ends: number[],
  steps: number[],
  ofImages = false,
): Agreement[] {
  const further = ofImages ? { layouts: [image] } : {};
  const part = Slice.infer([{ shape, dtype: 'float32' }], { starts, ends, steps })[0].shape;
  const name = `${shape} from ${starts} to ${ends} by ${steps}`;
  const [x, dy] = [randomTensor(shape), randomTensor(part)];
  return [
    agreement(name, Slice, uneven(sliceRule), [x], { starts, ends, steps }, further),
    agreement(
      `grad ${name}`,
      SliceGrad,
      uneven(sliceGradRule),
      [dy],
      { starts, steps, inputShape: shape },
      further,
    ),
  ];
}

function padding(shape: Shape, pads: number[], value: number, ofImages = false): Agreement {
  const further = ofImages ? { layouts: [image] } : {};
  return agreement(
    `${shape} padded by ${pads}`,
    Pad,
    uneven(padRule),
    [randomTensor(shape)],
    { pads, value },
    further,
  );
}

function images(channels: number[]): Shape[] {
  return channels.map((count) => [2, count, 3, 4]);
}

nativeTest('joining', async () => {
  const labels = intTensor([3], [1, -1, 7]);
  await checkAgreement([
    joining(images([16, 32]), 1, true),
    joining(images([3, 17, 5, 40, 1]), 1, true),
    joining(images([8, 16, 8]), 1, true),
    joining(images([17, 17]), 0, true),
    joining(images([5, 5]), 3, true),
    joining(images([3, 5]), 1),
    joining([[7], [3]], 0),
    agreement('labels', Concat, concatRule, [labels, labels], { axis: 0 }),
  ]);
});

nativeTest('cutting', async () => {
  const shape = [3, 40, 7, 6];
  await checkAgreement([
    ...cutting(shape, [0, 16, 0, 0], [3, 32, 7, 6], [1, 1, 1, 1], true),
    ...cutting(shape, [1, 3, 1, 0], [3, 37, 7, 6], [2, 1, 3, 2], true),
    ...cutting(shape, [0, 0, 2, 0], [3, 40, 3, 6], [1, 1, 1, 1], true),
    ...cutting(shape, [0, 1, 2, 0], [3, 40, 3, 6], [1, 2, 1, 1], true),
    ...cutting([5, 6], [1, 0], [4, 6], [1, 1]),
    ...cutting([5, 6], [1, 1], [4, 6], [2, 3]),
  ]);
});

nativeTest('padding', async () => {
  await checkAgreement([
    padding([2, 17, 3, 4], [0, 0, 1, 2, 0, 0, 0, 1], 0, true),
    padding([2, 17, 3, 4], [0, 3, 1, 0, 1, 0, 1, 2], -1.5, true),
    padding([1, 16, 3, 4], [0, 0, 0, 0, 0, 16, 0, 0], 0, true),
    padding([3, 4], [1, 2, 0, 3], 7),
  ]);
});
