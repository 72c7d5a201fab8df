// Tests of reordering between every pair of layouts that meet.
import { type Agreement, checkAgreement, image, uneven } from '../../../../../test/kernel-agreement.ts';
import { nativeTest } from '../../../../../test/native.ts';
import { randomTensor } from '../../../../ops/run.ts';
import type { Shape } from '../../../../tensor/shape.ts';
import type { KernelRule } from '../../compiler/kernel.ts';
import { type Layout, plain } from '../../compiler/layout.ts';
import { reorderRule } from './reorder.ts';

/** The rule with the layouts that a planner would choose. */
function between(from: Layout, to: Layout): KernelRule {
  return { ...reorderRule, layouts: () => ({ inputs: [from], outputs: [to] }) };
}

function reordering(shape: Shape, from: Layout, to: Layout): Agreement {
  const x = randomTensor(shape);
  const rule = uneven(between(from, to));
  return {
    name: `${shape} from ${from.kind} to ${to.kind}`,
    kernel: { rule, attributes: {}, inputs: [x], outputs: [x] },
    expected: [x],
  };
}

nativeTest('images', async () => {
  const shapes = [
    [2, 3, 5, 4],
    [1, 40, 3, 5],
    [2, 17, 1, 1],
    [3, 1, 7, 1],
  ];
  const ways: [Layout, Layout][] = [
    [plain, image],
    [image, plain],
    [image, image],
    [plain, plain],
  ];
  const images = shapes.flatMap((shape) => ways.map(([from, to]) => reordering(shape, from, to)));
  const bare = shapes.flatMap((shape) =>
    ways.map(([from, to]) => {
      const { kernel, ...rest } = reordering(shape, from, to);
      return { ...rest, kernel: { ...kernel, rule: between(from, to) } };
    }),
  );
  await checkAgreement([...images, ...bare]);
});

nativeTest('vectors as images of one pixel', async () => {
  const rankFour: Layout = { kind: 'image', halo: [0, 0, 0, 0] };
  const x = randomTensor([3, 21]);
  const y = { ...x, shape: [3, 21, 1, 1] };
  const case4 = { attributes: {}, name: 'vector' };
  await checkAgreement([
    {
      ...case4,
      kernel: { rule: between(plain, rankFour), attributes: {}, inputs: [x], outputs: [y] },
      expected: [y],
    },
    {
      ...case4,
      kernel: { rule: between(rankFour, plain), attributes: {}, inputs: [y], outputs: [x] },
      expected: [x],
    },
  ]);
});

nativeTest('images in the lanes', async () => {
  const batch: Layout = { kind: 'batch' };
  const shapes = [
    [16, 3, 5, 4],
    [32, 1, 3, 3],
    [16, 2, 1, 1],
  ];
  await checkAgreement(
    shapes.flatMap((shape) => [reordering(shape, plain, batch), reordering(shape, batch, plain)]),
  );
});

nativeTest('filters', async () => {
  const [one, two]: Layout[] = [
    { kind: 'filter', vectors: 1 },
    { kind: 'filter', vectors: 2 },
  ];
  const ways: [Layout, Layout][] = [
    [plain, one],
    [two, plain],
    [plain, two],
    [two, one],
  ];
  const cases = [
    [17, 5, 3, 3],
    [40, 19, 1, 2],
  ].flatMap((shape) => ways.map(([from, to]) => reordering(shape, from, to)));
  const depthwise: Layout = { kind: 'depthwise' };
  const perChannel = [17, 40].flatMap((channels) => [
    reordering([channels, 1, 3, 3], plain, depthwise),
    reordering([channels, 1, 3, 3], depthwise, plain),
  ]);
  await checkAgreement([...cases, ...perChannel]);
});
