// C functions of vectors that neither the language nor the C library has: exp and what is made of it, roots, logarithms.
import { literal } from '../../compiler/c.ts';
import { code } from '../../compiler/code.ts';

/** Beyond these exp is 0 or infinity in single precision, but for a few subnormal numbers. */
const LOWEST = -87.33654;
const HIGHEST = 88.72283;
/** Adding it rounds to an integer, which is then in the low bits. */
const ROUNDER = 1.5 * 2 ** 23;
/** ln 2 in two parts; products of the first one with small integers are exact. */
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444005469057e-4;

/**
 * `NAME_exp(x)`: x = n ln 2 + r with |r| <= ln 2 / 2; exp x = 2^n exp r, exp r by a polynomial (Cephes' expf), error
 * below 2 units in the last place.
 */
export const exponential = code`
  static inline vec NAME_exp(vec x) {
    const vec within = SELECT(x > ${literal(HIGHEST)}, SPLAT(${literal(HIGHEST)}), x);
    const vec rounded = within * ${literal(Math.LOG2E)} + ${literal(ROUNDER)};
    const vec n = rounded - ${literal(ROUNDER)};
    const vec r = (within - n * ${literal(LN2_HIGH)}) - n * ${literal(LN2_LOW)};
    vec p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    /* 2^n in two factors, as 2^128 does not fit one */
    const mask power = (mask)rounded - (mask)SPLAT(${literal(ROUNDER)});
    const mask half = power >> 1;
    const vec scaled = p * (vec)((half + 127) << 23) * (vec)((power - half + 127) << 23);
    return SELECT(x > ${literal(HIGHEST)}, SPLAT(INFINITY), KEEP(~(x < ${literal(LOWEST)}), scaled));
  }
`;

/** `NAME_sigmoid(x)`; the argument of exp is never above 0, so nothing overflows. */
export const sigmoid = code`
  static inline vec NAME_sigmoid(vec x) {
    const vec small = NAME_exp(SELECT(x > 0.0f, -x, x));
    return SELECT(x < 0.0f, small, SPLAT(1.0f)) / (1.0f + small);
  }
`;

/**
 * `NAME_tanh(x)`: near 0 an odd polynomial (Cephes' tanhf), elsewhere 1 - 2 / (e^2|x| + 1) with the sign of x; error below 3
 * units in the last place.
 */
export const hyperbolicTangent = code`
  static inline vec NAME_tanh(vec x) {
    const vec square = x * x;
    vec p = square * -5.70498872745e-3f + 2.06390887954e-2f;
    p = p * square - 5.37397155531e-2f;
    p = p * square + 1.33314422036e-1f;
    p = p * square - 3.33332819422e-1f;
    const vec size = SELECT(x < 0.0f, -x, x);
    const vec far = 1.0f - 2.0f / (NAME_exp(2.0f * size) + 1.0f);
    return SELECT(size < 0.625f, x * (1.0f + p * square), SELECT(x < 0.0f, -far, far));
  }
`;

/** `NAME_sign(x)`: -1, 0 or 1; NaN stays. */
export const sign = code`
  static inline vec NAME_sign(vec x) {
    return SELECT(x > 0.0f, SPLAT(1.0f), SELECT(x < 0.0f, SPLAT(-1.0f), x));
  }
`;

/** `NAME_<name>(v)` or `NAME_<name>(v, w)`: a function of the C library in each lane. */
function inEachLane(name: string, library: string, ...parameters: readonly string[]): string {
  return code`
    static inline vec NAME_${name}(${parameters.map((parameter) => `vec ${parameter}`).join(', ')}) {
      vec result = ZERO;
      for (int lane = 0; lane < LANES; lane++) result[lane] = ${library}(${parameters.map((parameter) => `${parameter}[lane]`).join(', ')});
      return result;
    }
  `;
}

export const squareRoot = inEachLane('root', 'sqrtf', 'v');
export const logarithm = inEachLane('log', 'logf', 'v');
export const power = inEachLane('pow', 'powf', 'v', 'w');
