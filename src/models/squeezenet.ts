// SqueezeNet 1.1: Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size",
// arXiv:1602.07360, in the authors' version 1.1, which needs fewer operations. Names as in torchvision.

import { UsageError } from '../base/errors.ts';
import type { Value } from '../graph/graph.ts';
import {
  AdaptiveAvgPool2d,
  Conv2d,
  Dropout,
  Flatten,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
} from '../nn/index.ts';
import { relu } from '../ops/activations.ts';
import { concat } from '../ops/concat.ts';
import { type CommonOptions, dropoutOption, entry } from './entry.ts';

/** Fire module: a 1x1 convolution to few channels, expanded by 1x1 and 3x3 filters to half of the outputs each (figure 1). */
class Fire extends Module {
  private readonly squeeze: Conv2d;
  private readonly expand1x1: Conv2d;
  private readonly expand3x3: Conv2d;

  constructor(inputs: number, squeezed: number, outputs: number) {
    super();
    this.squeeze = new Conv2d(inputs, squeezed, 1);
    this.expand1x1 = new Conv2d(squeezed, outputs / 2, 1);
    this.expand3x3 = new Conv2d(squeezed, outputs / 2, 3, { padding: 1 });
  }

  forward(x: Value): Value {
    const squeezed = relu(this.squeeze.call(x));
    return concat([relu(this.expand1x1.call(squeezed)), relu(this.expand3x3.call(squeezed))]);
  }
}

/**
 * `[N, inChannels, H, W]` -> logits `[N, classes]`; the classifier is a 1x1 convolution and global average pooling.
 * @throws UsageError for a single output
 */
function squeezenet({ classes, inChannels, dropout }: CommonOptions & { readonly dropout: number }): Module {
  if (classes === 1) {
    throw new UsageError(
      'squeezenet1.1 does not support a single output: its last ReLU prevents negative logits, so that class 0 is never ' +
        'predicted. Use 2 classes (--classes 2), one output for each.',
    );
  }
  const pool = () => new MaxPool2d(3, { stride: 2, ceilMode: true });
  return new Sequential({
    features: new Sequential([
      new Conv2d(inChannels, 64, 3, { stride: 2 }),
      new ReLU(),
      pool(),
      new Fire(64, 16, 128),
      new Fire(128, 16, 128),
      pool(),
      new Fire(128, 32, 256),
      new Fire(256, 32, 256),
      pool(),
      new Fire(256, 48, 384),
      new Fire(384, 48, 384),
      new Fire(384, 64, 512),
      new Fire(512, 64, 512),
    ]),
    classifier: new Sequential([
      new Dropout(dropout),
      new Conv2d(512, classes, 1, { initAs: 'linear' }),
      new ReLU(),
      new AdaptiveAvgPool2d(1),
    ]),
    flatten: new Flatten(),
  });
}

export const squeezenets = {
  'squeezenet1.1': entry({
    family: 'SqueezeNet',
    description: 'Fire modules: 1x1 squeeze, 1x1 and 3x3 expand',
    paper: 'Iandola et al. 2016',
    input: [3, 224, 224],
    classes: 1000,
    init: 'kaiming-uniform',
    options: { dropout: dropoutOption(0.5) },
    build: squeezenet,
  }),
};
