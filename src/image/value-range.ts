// Scales values of more than 8 bits, such as those of medical and industrial cameras, to pixels.

import { DataError, UsageError } from '../base/errors.ts';
import { toNumber } from '../base/option.ts';

/** The values that become black and white: values between are scaled linearly, values beyond are clipped. */
export type ValueRange = readonly [black: number, white: number];

/** Pixels 0 .. 255: 255 (value - black) / (white - black), rounded and clipped. NaN becomes black. */
export function scaleToPixels(values: ArrayLike<number>, [black, white]: ValueRange): Uint8Array {
  const scale = 255 / (white - black);
  const pixels = new Uint8ClampedArray(values.length); // Rounds, clips, and takes NaN as 0.
  for (let i = 0; i < values.length; i++) pixels[i] = (values[i] - black) * scale;
  return new Uint8Array(pixels.buffer);
}

/**
 * Parses `0,4095`.
 * @throws UsageError unless it is two different finite numbers
 */
export function parseValueRange(text: string): ValueRange {
  const [black = Number.NaN, white = Number.NaN, ...rest] = text.split(',').map((part) => toNumber(part));
  if (Number.isFinite(black) && Number.isFinite(white) && black !== white && rest.length === 0) {
    return [black, white];
  }
  throw new UsageError(
    `value range must be two different numbers, the values of black and white such as 0,4095, got "${text}".`,
  );
}

/** The error for values of a type that cannot be read without a range. */
export function needsValueRange(name: string, type: string): DataError {
  const example = type.endsWith('floating-point') ? '0,1' : '0,4095';
  return new DataError(
    `${name}: has ${type} values, and the file does not say which of them are black and white; give both as the value ` +
      `range (such as --value-range ${example}; valueRange in a program), or convert the image to 8 or 16 bits.`,
  );
}
