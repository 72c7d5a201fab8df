// Tests of the optimizers' kernels.
import { type Agreement, agreement, checkAgreement } from '../../../../../test/kernel-agreement.ts';
import { nativeTest } from '../../../../../test/native.ts';
import { AdamUpdate } from '../../../../ops/adam-update.ts';
import { MomentumUpdate } from '../../../../ops/momentum-update.ts';
import { randomTensor } from '../../../../ops/run.ts';
import { SgdUpdate } from '../../../../ops/sgd-update.ts';
import type { Shape } from '../../../../tensor/shape.ts';
import { floatTensor, scalar, type Tensor } from '../../../../tensor/tensor.ts';
import type { Layout } from '../../compiler/layout.ts';
import { adamUpdateRule, momentumUpdateRule, sgdUpdateRule } from './updates.ts';

function updates(shape: Shape, layout?: Layout): Agreement[] {
  const random = (purpose: string) => randomTensor(shape, purpose);
  const [weight, kept, gradient] = ['weight', 'kept', 'gradient'].map(random) as [Tensor, Tensor, Tensor];
  const square = floatTensor(
    shape,
    random('square').data.map((value) => value * value),
  );
  const [rate, step] = [scalar(0.1), scalar(3)];
  const further = { layouts: new Array<Layout | undefined>(4).fill(layout) };
  const inPlace = { ...further, inPlace: [[0, 0] as const, [1, 1] as const] };
  const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.05, decoupled: true };
  const momentum = { momentum: 0.9, nesterov: false, weightDecay: 0.01 };
  const ofAdam = [weight, kept, square, gradient, rate, step];
  const ofMomentum = [weight, kept, gradient, rate];
  return [
    agreement('sgd', SgdUpdate, sgdUpdateRule, [weight, gradient, rate], { weightDecay: 0.1 }, further),
    agreement('plain sgd', SgdUpdate, sgdUpdateRule, [weight, gradient, rate], { weightDecay: 0 }, further),
    agreement('momentum', MomentumUpdate, momentumUpdateRule, ofMomentum, momentum, inPlace),
    agreement(
      'nesterov',
      MomentumUpdate,
      momentumUpdateRule,
      ofMomentum,
      { ...momentum, nesterov: true },
      further,
    ),
    agreement('adamw', AdamUpdate, adamUpdateRule, ofAdam, adam, inPlace),
    agreement('adam', AdamUpdate, adamUpdateRule, ofAdam, { ...adam, decoupled: false }, further),
  ];
}

nativeTest('one step of every optimizer', async () => {
  await checkAgreement([
    ...updates([7]),
    ...updates([17, 5, 3, 3], { kind: 'filter', vectors: 2 }),
    ...updates([17, 1, 3, 3], { kind: 'depthwise' }),
  ]);
});
