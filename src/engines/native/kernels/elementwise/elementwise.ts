// Arithmetic and activations, element by element.
import type { ClipAttributes } from '../../../../ops/activations.ts';
import { literal } from '../../compiler/c.ts';
import type { Bounds } from '../../compiler/instruction.ts';
import type { KernelRule } from '../../compiler/kernel.ts';
import { code } from '../../compiler/template.ts';
import { exponential } from './exponential.ts';
import { mapRule } from './map.ts';
import type { Mapping } from './mapping.ts';

export const addRule = mapRule(2, () => binary('+', 'all inputs'));
export const subRule = mapRule(2, () => binary('-', 'all inputs'));
export const mulRule = mapRule(2, () => binary('*', 'any input'));
export const divRule = mapRule(2, () => binary('/', 'nothing'));

export const reluRule = mapRule(1, () => clipping([0, Number.POSITIVE_INFINITY]));
export const reluGradRule = mapRule(2, () => masking([0, Number.POSITIVE_INFINITY]));
export const clipRule: KernelRule<ClipAttributes> = mapRule(1, ({ min, max }) => clipping([min, max]));
export const clipGradRule: KernelRule<ClipAttributes> = mapRule(2, ({ min, max }) => masking([min, max]));

/** `NAME_sigmoid(x)`; exp only sees numbers up to 0, so nothing overflows. */
export const sigmoid = code`
  ${exponential}
  static inline vec NAME_sigmoid(vec x) {
    const vec small = NAME_exp(SELECT(x > 0.0f, -x, x));
    return SELECT(x < 0.0f, small, SPLAT(1.0f)) / (1.0f + small);
  }
`;

/** `NAME_root(v)`: square roots. */
export const root = code`
  static inline vec NAME_root(vec v) {
    vec result = ZERO;
    for (int lane = 0; lane < LANES; lane++) result[lane] = sqrtf(v[lane]);
    return result;
  }
`;

export const sqrtRule = mapRule(1, () => ({
  zeroFrom: 'all inputs',
  formula: ([x]) => `NAME_root(${x})`,
  helpers: root,
}));

export const sigmoidRule = mapRule(1, () => ({
  zeroFrom: 'nothing',
  formula: ([x]) => `NAME_sigmoid(${x})`,
  helpers: sigmoid,
}));

export const sigmoidGradRule = mapRule(2, () => ({
  zeroFrom: 'any input',
  formula: ([dy, y]) => `${dy} * ${y} * (1.0f - ${y})`,
}));

function binary(operator: string, zeroFrom: Mapping['zeroFrom']): Mapping {
  return { formula: ([a, b]) => `${a} ${operator} ${b}`, zeroFrom };
}

function clipping(bounds: Bounds): Mapping {
  const zeroFrom = bounds[0] <= 0 && bounds[1] >= 0 ? 'all inputs' : 'nothing';
  return { formula: ([x]) => `NAME_clip(${x})`, zeroFrom, helpers: clipFunction(bounds) };
}

function masking(bounds: Bounds): Mapping {
  return { formula: ([dy, y]) => `KEEP(${insideBounds(y, bounds)}, ${dy})`, zeroFrom: 'any input' };
}

/** `NAME_clip(v)`: v between the bounds; what is not a number stays so. */
export function clipFunction([least, most]: Bounds): string {
  const low =
    least === 0 ? 'KEEP(~(v < 0.0f), v)' : `SELECT(v < ${literal(least)}, SPLAT(${literal(least)}), v)`;
  return code`
    static inline vec NAME_clip(vec v) {
      ${least === Number.NEGATIVE_INFINITY ? '' : `v = ${low};`}
      ${most === Number.POSITIVE_INFINITY ? '' : `v = SELECT(v > ${literal(most)}, SPLAT(${literal(most)}), v);`}
      return v;
    }
  `;
}

/** C for the mask of where `value` is strictly between the bounds. */
export function insideBounds(value: string, [least, most]: Bounds): string {
  const above = `(${value} > ${literal(least)})`;
  return most === Number.POSITIVE_INFINITY ? above : `(${above} & (${value} < ${literal(most)}))`;
}
