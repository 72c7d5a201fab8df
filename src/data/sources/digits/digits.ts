// Handwritten-looking digits drawn by the program: a data set that needs no download.
// Laid out like MNIST (LeCun et al. 1998): white on black, fitted in 20x20, centerd by mass in 28x28.
import { RandomStream } from '../../../tensor/random.ts';
import type { Dataset, Sample, SplitDataset, SplitName } from '../../dataset.ts';
import { ink, SIZE } from './ink.ts';
import { HandRandom, write } from './writing.ts';

const CLASSES: readonly string[] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

/** Options of `digits`. */
export interface DigitsOptions {
  /** Default: 0. */
  readonly seed?: number;
  /** Number of training images (default: 20,000). */
  readonly train?: number;
  /** Number of validation images (default: 2,000). */
  readonly valid?: number;
  /** Number of test images (default: 2,000). */
  readonly test?: number;
}

/** The digits of one split: sample i is the digit i mod 10. */
class DrawnDigits implements Dataset {
  readonly classes = CLASSES;
  readonly channels = 1;
  readonly length: number;
  private readonly seed: number;
  private readonly split: SplitName;

  constructor(seed: number, split: SplitName, length: number) {
    this.seed = seed;
    this.split = split;
    this.length = length;
  }

  label(index: number): number {
    return index % CLASSES.length;
  }

  get(index: number): Sample {
    const label = this.label(index);
    const random = new HandRandom(new RandomStream(this.seed, `digits/${this.split}`, index));
    const data = ink(write(label, random), random);
    return { image: { width: SIZE, height: SIZE, channels: 1, data }, label };
  }

  describe(index: number): string {
    return `drawn digit ${index} of ${this.split}`;
  }
}

/**
 * Synthetic handwritten digits 0 to 9, 28x28 grayscale, equally many of each. Every image is a function of (seed, split, index),
 * drawn on demand.
 *
 *     const data = digits({ train: 1000, valid: 200, test: 200 });
 */
export function digits(options: DigitsOptions = {}): SplitDataset {
  const { seed = 0, train = 20_000, valid = 2_000, test = 2_000 } = options;
  const splits = {
    train: new DrawnDigits(seed, 'train', train),
    valid: new DrawnDigits(seed, 'valid', valid),
    test: new DrawnDigits(seed, 'test', test),
  };
  return { name: 'digits', classes: CLASSES, splits };
}
