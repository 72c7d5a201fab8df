// C for vectors that are only partly in use: ends of rows, and the last block of channels.

import { range } from '../../../base/numbers.ts';
import type { Expression } from '../../../expressions/expression.ts';
import { keepsZero } from '../../../expressions/simplify.ts';
import { code } from '../compiler/code.ts';
import type { Target } from '../compiler/kernel.ts';

/** `NAME_load(p, count)` and `NAME_store(p, v, count)`: the first `count` floats from p, zeros behind them. */
export const partialAccess = code`
  static inline vec NAME_load(const float *p, long count) {
    vec v = ZERO;
    memcpy(&v, p, count * sizeof(float));
    return v;
  }

  static inline void NAME_store(float *p, vec v, long count) {
    memcpy(p, &v, count * sizeof(float));
  }
`;

/** `NAME_lane`: the number of each lane. */
export function laneNumbers({ lanes }: Target): string {
  return `static const mask NAME_lane = {${range(lanes).join(', ')}};\n`;
}

/** `NAME_first(count)`: a mask of the first `count` lanes, all of them if there are more. */
export function firstLanes({ lanes }: Target): string {
  return code`
    static inline mask NAME_first(long count) {
      const mask lane = {${range(lanes).join(', ')}};
      return lane < ((mask){0} + (int32_t)(count < LANES ? count : LANES));
    }
  `;
}

/** Whether an epilogue makes something of the zeros beyond the channels, so that these lanes must be cleared. */
export function needsClearing(
  epilogue: Expression | undefined,
  channels: number,
  { lanes }: Target,
): boolean {
  return epilogue !== undefined && channels % lanes !== 0 && !keepsZero(epilogue, () => true);
}

/** `NAME_total(v)`: the sum of the lanes, by halves. */
export function laneTotal({ lanes }: Target): string {
  const widths = range(Math.log2(lanes) - 1).map((i) => lanes >> (i + 1));
  const types = widths.map(
    (width) => `typedef float NAME_v${width} __attribute__((vector_size(${width * 4}), may_alias));`,
  );
  const halves = widths.map((width, i) => {
    const whole = i === 0 ? 'v' : `s${width * 2}`;
    return `NAME_v${width} s${width} = ((const NAME_v${width} *)&${whole})[0] + ((const NAME_v${width} *)&${whole})[1];`;
  });
  return code`
    ${types.join('\n')}
    static inline float NAME_total(vec v) {
      ${halves.join('\n')}
      return s2[0] + s2[1];
    }
  `;
}

/** `NAME_totals(a, b, c, d, p)`: the sums of the lanes of four vectors, side by side from p on. */
export function fourTotals({ lanes }: Target): string {
  const quarters = range(lanes / 4).map((quarter) => 4 * quarter);
  const interleaved = (places: (first: number, second: number) => readonly number[]) =>
    quarters.flatMap((quarter) => places(quarter, lanes + quarter)).join(', ');
  const pairs = (a: string, b: string) => {
    const [low, high] = [
      interleaved((first, second) => [first, second, first + 1, second + 1]),
      interleaved((first, second) => [first + 2, second + 2, first + 3, second + 3]),
    ];
    return `NAME_SHUFFLE(${a}, ${b}, ${low}) + NAME_SHUFFLE(${a}, ${b}, ${high})`;
  };
  const low = interleaved((first, second) => [first, first + 1, second, second + 1]);
  const high = interleaved((first, second) => [first + 2, first + 3, second + 2, second + 3]);
  return code`
    #if defined(__clang__) || __GNUC__ >= 12
    #define NAME_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
    #else
    #define NAME_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (mask){__VA_ARGS__})
    #endif
    typedef float NAME_four __attribute__((vector_size(16), aligned(4), may_alias));
    static inline void NAME_totals(vec a, vec b, vec c, vec d, float *p) {
      const vec ab = ${pairs('a', 'b')};
      const vec cd = ${pairs('c', 'd')};
      const vec all = NAME_SHUFFLE(ab, cd, ${low}) + NAME_SHUFFLE(ab, cd, ${high});
      const NAME_four *part = (const NAME_four *)&all;
      *(NAME_four *)p = ${pairwise(range(lanes / 4).map((i) => `part[${i}]`))};
    }
  `;
}

function pairwise(terms: readonly string[]): string {
  if (terms.length === 1) return terms[0];
  const half = terms.length / 2;
  return `(${pairwise(terms.slice(0, half))} + ${pairwise(terms.slice(half))})`;
}

/** Lets a plain tensor's storage end in zeros; for the thread that wrote its last vector. */
export function clearEnd(name: string, size: number, { lanes }: Target): string {
  const rest = size % lanes;
  return rest === 0 ? '' : `memset(${name} + ${size}, 0, ${lanes - rest} * sizeof(float));\n`;
}

/** The same for kernels that write no more than the elements: by the first thread. */
export function clearByFirst(name: string, size: number, target: Target): string {
  const clear = clearEnd(name, size, target);
  return clear && `if (me == 0) ${clear}`;
}
