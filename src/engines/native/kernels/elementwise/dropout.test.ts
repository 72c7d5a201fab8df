// Tests of dropout and of batch normalization by given statistics.
import {
  type Agreement,
  agreement,
  checkAgreement,
  image,
  uneven,
} from '../../../../../test/kernel-agreement.ts';
import { nativeTest } from '../../../../../test/native.ts';
import { Dropout } from '../../../../ops/dropout.ts';
import { randomTensor } from '../../../../ops/run.ts';
import type { Shape } from '../../../../tensor/shape.ts';
import { intTensor } from '../../../../tensor/tensor.ts';
import { dropoutRule } from './dropout.ts';

function dropping(shape: Shape, ratio: number, ofImage = false): Agreement {
  const inputs = [randomTensor(shape), intTensor([3], [-5, 77, 12])];
  const further = ofImage ? { layouts: [image] } : {};
  return agreement(
    `${shape} by ${ratio}`,
    Dropout,
    uneven(dropoutRule),
    inputs,
    { ratio, stream: 'drop' },
    further,
  );
}

nativeTest("dropout draws the operator's own numbers", async () => {
  const cases = [
    dropping([3, 100], 0.5),
    dropping([7], 0),
    dropping([1, 1000], 0.999),
    dropping([2, 17, 5, 3], 0.3, true),
    dropping([3, 40, 1, 1], 0.5, true),
    dropping([1, 16, 6, 6], 0.5, true),
  ];
  await checkAgreement(cases, Number.MIN_VALUE);
});
