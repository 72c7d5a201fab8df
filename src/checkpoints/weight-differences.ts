// Compares weights with the parameters of a model.
import { formatList, visible } from '../base/text.ts';
import { type Model, namedParameters } from '../nn/index.ts';
import { formatShape, type Shape, sameShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Differences of weights from the parameters and buffers of a model. */
export interface WeightDifferences {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly mismatched: readonly { readonly name: string; readonly expected: Shape; readonly got: Shape }[];
}

/** Compares `weights` with the parameters and buffers of `model`. */
export function compareWeights(model: Model, weights: ReadonlyMap<string, Tensor>): WeightDifferences {
  const expected = namedParameters(model.network);
  return {
    missing: [...expected.keys()].filter((name) => !weights.has(name)),
    unexpected: [...weights.keys()].filter((name) => !expected.has(name)),
    mismatched: [...expected].flatMap(([name, { shape }]) => {
      const given = weights.get(name);
      const fits = !given || (given.dtype === 'float32' && sameShape(given.shape, shape));
      return fits ? [] : [{ name, expected: shape, got: given.shape }];
    }),
  };
}

/** Describes differences; empty without any. */
export function describeDifferences({ missing, unexpected, mismatched }: WeightDifferences): string {
  const shapes = mismatched.map(
    ({ name, expected, got }) => `${name} is ${formatShape(got)} instead of float32 ${formatShape(expected)}`,
  );
  return [
    listed(`${missing.length} missing`, missing),
    listed(`${unexpected.length} unexpected`, unexpected),
    listed(`${mismatched.length} with another shape or type`, shapes),
  ]
    .filter((text) => text !== '')
    .join('; ');
}

function listed(title: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  return `${title} (${formatList(names.map(visible), 5)})`;
}
