// Squeeze-and-excitation: Hu, Shen & Sun, "Squeeze-and-excitation networks", CVPR 2018. Names as in torchvision.
import type { Value } from '../graph/graph.ts';
import { Conv2d, Module } from '../nn/index.ts';
import { mul } from '../ops/arithmetic.ts';
import { globalAveragePool } from '../ops/global-average-pool.ts';

interface SqueezeExciteOptions {
  readonly activation: (x: Value) => Value;
  /** From any number to a factor between 0 and 1. */
  readonly gate: (x: Value) => Value;
}

/** Scales each channel of `[N, C, H, W]` by a factor that two 1x1 convolutions compute from the means of all channels. */
export class SqueezeExcite extends Module {
  private readonly fc1: Conv2d;
  private readonly fc2: Conv2d;
  private readonly options: SqueezeExciteOptions;

  constructor(channels: number, squeezed: number, options: SqueezeExciteOptions) {
    super();
    this.fc1 = new Conv2d(channels, squeezed, 1);
    this.fc2 = new Conv2d(squeezed, channels, 1);
    this.options = options;
  }

  forward(x: Value): Value {
    const { activation, gate } = this.options;
    const hidden = activation(this.fc1.call(globalAveragePool(x)));
    return mul(x, gate(this.fc2.call(hidden)));
  }
}
