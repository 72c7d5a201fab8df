// Gaussian blur of random strength, with the pixels of torchvision's GaussianBlur.
import { blur } from '../../image/blur.ts';
import { oddInteger, type Range, rangeWithin } from './fields.ts';
import { type Rule, sameShapeAs, shortForm } from './rule.ts';

export interface GaussianBlur {
  readonly transform: 'gaussian-blur';
  /** Standard deviation of the Gaussian in pixels, uniformly distributed (default: [0.1, 2]). */
  readonly sigma?: Range;
  /** Width of the kernel in pixels, an odd number (default: 3 standard deviations to either side). */
  readonly kernel?: number;
}

const SMALLEST = 0.1;
const LARGEST = 16;
const MAX_KERNEL = 99;

export const gaussianBlurRule: Rule<GaussianBlur> = {
  read: (fields, place) => {
    const sigma = rangeWithin(fields, 'sigma', place, [0.01, LARGEST], [SMALLEST, 2]);
    const kernel = oddInteger(fields, 'kernel', place, MAX_KERNEL, 2 * Math.ceil(3 * sigma[1]) + 1);
    return { transform: 'gaussian-blur', sigma, kernel };
  },
  shape: sameShapeAs,
  apply: ({ sigma, kernel }, image, random) => blur(image, random.between(sigma), kernel),
  shortForm: shortForm({
    amounts: {
      'gaussian-blur': { meaning: 'largest sigma in pixels', fallback: 2, range: [SMALLEST, LARGEST] },
    },
    create: ({ 'gaussian-blur': largest }) => [{ transform: 'gaussian-blur', sigma: [SMALLEST, largest] }],
  }),
};
