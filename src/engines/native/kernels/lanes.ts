// C for vectors that are only partly in use: ends of rows, and the last block of channels.
import { range } from '../c.ts';
import type { Target } from '../kernel.ts';
import { code } from './template.ts';

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

/** `NAME_first(count)`: a mask of the first `count` lanes, all of them if there are more. */
export function firstLanes({ lanes }: Target): string {
  return code`
    static inline mask NAME_first(long count) {
      const mask lane = {${range(lanes).join(', ')}};
      return lane < ((mask){0} + (int32_t)(count < LANES ? count : LANES));
    }
  `;
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
