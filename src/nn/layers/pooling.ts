// Pooling layers.

import { checkExtent, checkFlag, checkOptionNames } from '../../base/arguments.ts';
import type { Value } from '../../graph/graph.ts';
import { adaptiveAveragePool } from '../../ops/adaptive-average-pool.ts';
import { averagePool } from '../../ops/average-pool.ts';
import { globalAveragePool } from '../../ops/global-average-pool.ts';
import { maxPool } from '../../ops/max-pool.ts';
import { Module } from '../module.ts';
import { type Extent, pair, symmetricPads } from './extent.ts';

/** Options of pooling layers. Extents are one number for both, or [height, width]. */
export interface PoolOptions {
  /** Defaults to the kernel size, so that windows do not overlap. */
  readonly stride?: Extent;
  /** Defaults to 0. */
  readonly padding?: Extent;
  /** Whether output sizes are rounded up, so that windows may extend beyond the padding. Defaults to false. */
  readonly ceilMode?: boolean;
}

/** Maximum of each window, `[N, C, H, W]` -> `[N, C, H', W']`. */
export class MaxPool2d extends Module {
  private readonly kernel: Extent;
  private readonly options: PoolOptions;

  constructor(kernel: Extent, options: PoolOptions = {}) {
    super();
    checkPool('new MaxPool2d(kernel, options?)', kernel, options, ['stride', 'padding', 'ceilMode']);
    this.kernel = kernel;
    this.options = options;
  }

  forward(x: Value): Value {
    return maxPool(x, { kernelShape: pair(this.kernel), ...poolWindow(this.kernel, this.options) });
  }
}

/** Mean of each window, `[N, C, H, W]` -> `[N, C, H', W']`. Padding counts unless `countIncludePad` is false. */
export class AvgPool2d extends Module {
  private readonly kernel: Extent;
  private readonly options: PoolOptions & { readonly countIncludePad?: boolean };

  constructor(kernel: Extent, options: PoolOptions & { readonly countIncludePad?: boolean } = {}) {
    super();
    const known = ['stride', 'padding', 'ceilMode', 'countIncludePad'];
    checkPool('new AvgPool2d(kernel, options?)', kernel, options, known);
    this.kernel = kernel;
    this.options = options;
  }

  forward(x: Value): Value {
    const { countIncludePad = true } = this.options;
    const window = poolWindow(this.kernel, this.options);
    return averagePool(x, { kernelShape: pair(this.kernel), ...window, countIncludePad });
  }
}

/** Means over a grid of `output` windows that covers the feature map, `[N, C, H, W]` -> `[N, C, ...output]`. */
export class AdaptiveAvgPool2d extends Module {
  private readonly output: Extent;

  constructor(output: Extent) {
    super();
    checkExtent('new AdaptiveAvgPool2d(output)', 'output', output);
    this.output = output;
  }

  forward(x: Value): Value {
    const [height, width] = pair(this.output);
    if (height === 1 && width === 1) return globalAveragePool(x);
    const [, , rows, columns] = x.shape;
    return rows === height && columns === width ? x : adaptiveAveragePool(x, { outputSize: [height, width] });
  }
}

function checkPool(call: string, kernel: Extent, options: PoolOptions, known: readonly string[]): void {
  checkExtent(call, 'kernel', kernel);
  checkOptionNames(call, options, known);
  const { stride = kernel, padding = 0, ceilMode = false } = options;
  checkExtent(call, 'stride', stride);
  checkExtent(call, 'padding', padding, 0);
  checkFlag(call, 'ceilMode', ceilMode);
}

function poolWindow(kernel: Extent, { stride = kernel, padding = 0, ceilMode = false }: PoolOptions) {
  return { strides: pair(stride), pads: symmetricPads(padding), ceilMode };
}
