// The ways of writing of all ten digits.
import { FOUR, ONE, THREE, TWO, ZERO } from './shapes-0-to-4.ts';
import { EIGHT, FIVE, NINE, SEVEN, SIX } from './shapes-5-to-9.ts';
import type { Shape } from './strokes.ts';

/** The shapes of each digit, 0 first. */
export const SHAPES: readonly (readonly Shape[])[] = [
  ZERO,
  ONE,
  TWO,
  THREE,
  FOUR,
  FIVE,
  SIX,
  SEVEN,
  EIGHT,
  NINE,
];
