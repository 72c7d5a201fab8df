// exp in vectors, which the C library has no portable form of.
import { literal } from '../../compiler/c.ts';
import { code } from '../../compiler/template.ts';

/** Beyond these exp is 0 or infinity in single precision, but for a few subnormal numbers. */
const LOWEST = -87.33654;
const HIGHEST = 88.72283;
/** Adding it rounds to a whole number, which is then in the low bits. */
const ROUNDER = 1.5 * 2 ** 23;
/** ln 2 in two parts; products of the first one with small whole numbers are exact. */
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
    return KEEP(~(x < ${literal(LOWEST)}), scaled);
  }
`;
