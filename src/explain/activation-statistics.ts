// What the units of each layer do over many images: mean, deviation, extremes, and those that never do anything.
import { sizeOf } from '../tensor/shape.ts';
import type { FloatTensor } from '../tensor/tensor.ts';

/** Of the outputs of a layer, over all images, units and positions. */
export interface ActivationStatistics {
  /** Channels, or outputs of a linear layer. */
  readonly units: number;
  readonly mean: number;
  readonly deviation: number;
  readonly least: number;
  readonly largest: number;
  /** Share of outputs that are 0. */
  readonly zeros: number;
  /** Share of units that are 0 at every position of every image: dead, if the layer is a ReLU. */
  readonly dead: number;
}

/** Collects the outputs of one layer, batch by batch. */
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

  /** Adds outputs `[N, units, ...]`. */
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

  get figures(): ActivationStatistics {
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
