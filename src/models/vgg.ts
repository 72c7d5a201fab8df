// VGG: Simonyan & Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR 2015.
// Names and variants with batch normalization as in torchvision.
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  Linear,
  MaxPool2d,
  type Module,
  ReLU,
  Sequential,
} from '../nn/index.ts';
import { type CommonOptions, dropoutOption, entry } from './entry.ts';

/** Table 1 of the paper, columns A, B, D and E: output channels of 3x3 convolutions, and M for max pooling. */
const configurations = {
  11: '64 M 128 M 256 256 M 512 512 M 512 512 M',
  13: '64 64 M 128 128 M 256 256 M 512 512 M 512 512 M',
  16: '64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512 M',
  19: '64 64 M 128 128 M 256 256 256 256 M 512 512 512 512 M 512 512 512 512 M',
};

interface VggOptions extends CommonOptions {
  readonly dropout: number;
  readonly batchNorm: boolean;
}

/** `[N, inChannels, H, W]` -> logits `[N, classes]` */
function vgg(layers: keyof typeof configurations, options: VggOptions): Module {
  const { classes, dropout } = options;
  return new Sequential({
    features: features(configurations[layers], options),
    avgpool: new AdaptiveAvgPool2d(7),
    flatten: new Flatten(),
    classifier: new Sequential([
      new Linear(512 * 7 * 7, 4096),
      new ReLU(),
      new Dropout(dropout),
      new Linear(4096, 4096),
      new ReLU(),
      new Dropout(dropout),
      new Linear(4096, classes),
    ]),
  });
}

function features(configuration: string, { inChannels, batchNorm }: VggOptions): Sequential {
  let inputs = inChannels;
  const layers = configuration.split(' ').flatMap((layer) => {
    if (layer === 'M') return [new MaxPool2d(2)];
    const outputs = Number(layer);
    const convolution = new Conv2d(inputs, outputs, 3, { padding: 1 });
    inputs = outputs;
    return [convolution, ...(batchNorm ? [new BatchNorm2d(outputs)] : []), new ReLU()];
  });
  return new Sequential(layers);
}

const row = (layers: keyof typeof configurations, { batchNorm = false } = {}) =>
  entry({
    family: 'VGG',
    description: `${layers} layers: 3x3 convolutions and three fully connected layers${batchNorm ? ', with batch normalization' : ''}`,
    paper: 'Simonyan & Zisserman 2015',
    input: [3, 224, 224],
    classes: 1000,
    init: 'kaiming-normal',
    options: { dropout: dropoutOption(0.5) },
    build: (options) => vgg(layers, { ...options, batchNorm }),
  });

export const vggs = {
  vgg11: row(11),
  vgg13: row(13),
  vgg16: row(16),
  vgg19: row(19),
  'vgg11-bn': row(11, { batchNorm: true }),
  'vgg13-bn': row(13, { batchNorm: true }),
  'vgg16-bn': row(16, { batchNorm: true }),
  'vgg19-bn': row(19, { batchNorm: true }),
};
