// Statistics of a layer's activations over many images: mean, standard deviation, range, zeros and dead units.
import { sizeOf } from '../tensor/shape.ts';
import type { FloatTensor } from '../tensor/tensor.ts';

/** Over all images, units and positions. */
export interface ActivationStatistics {
  /** Number of channels, or of outputs of a linear layer. */
  readonly units: number;
  readonly mean: number;
  /** Standard deviation. */
  readonly deviation: number;
  /** Minimum. */
  readonly least: number;
  /** Maximum. */
  readonly largest: number;
  /** Fraction of activations that are 0. */
  readonly zeros: number;
  /** Fraction of units that are 0 at every position of every image: dead units, if the layer is a ReLU. */
  readonly dead: number;
}

/** Accumulates the activations of one layer, batch by batch. */
export class ActivationAccumulator {
  private readonly alive: Uint8Array;
  private count = 0;
  private sum = 0;
  private squares = 0;
  private zeros = 0;
  private least = Number.POSITIVE_INFINITY;
  private largest = Number.NEGATIVE_INFINITY;

  constructor(units: number) {
    this.alive = new Uint8Array(units);
  }

  /** Adds activations `[N, units, ...]`. */
  add({ data, shape }: FloatTensor): void {
    const positions = sizeOf(shape.slice(2));
    for (let i = 0; i < data.length; i++) {
      const value = data[i];
      this.sum += value;
      this.squares += value * value;
      if (value < this.least) this.least = value;
      if (value > this.largest) this.largest = value;
      if (value === 0) this.zeros++;
      else this.alive[Math.floor(i / positions) % this.alive.length] = 1;
    }
    this.count += data.length;
  }

  get statistics(): ActivationStatistics {
    const { alive, count, sum, squares, zeros, least, largest } = this;
    const mean = sum / count;
    const living = alive.reduce((total, flag) => total + flag, 0);
    return {
      units: alive.length,
      mean,
      deviation: Math.sqrt(Math.max(0, squares / count - mean * mean)),
      least,
      largest,
      zeros: zeros / count,
      dead: 1 - living / alive.length,
    };
  }
}
