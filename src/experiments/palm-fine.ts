// ResNet-18 on fundus photographs with a modern recipe: augmentation, AdamW, warm-up and cosine decay, EMA of the weights.
import type { Experiment } from './experiment.ts';

export const palmFine: Experiment = {
  title: 'ResNet-18 with a modern recipe on PALM',
  setting: {
    model: 'resnet18',
    data: 'palm',
    classes: 1,
    input: [3, 128, 128],
    augment: 'random-resized-crop=0.6,horizontal-flip,rotation=20,brightness=0.2,contrast=0.2,saturation=0.2',
    optimizer: 'adamw',
    weightDecay: 0.05,
    decay: 'weights',
    lr: 0.001,
    schedule: 'cosine',
    warmup: '2epochs',
    ema: 0.98,
    batchSize: 16,
    epochs: 24,
    evaluateEvery: 120,
  },
  seeds: 1,
  book: { accuracy: 0.94, source: "the textbook's AlexNet and VGG-16, with Paddle: about 0.94" },
  note:
    'All 400 training and 400 validation images at 128x128 pixels. There are no test labels: the result is the best of five ' +
    'evaluations on the validation set. The setting is not from the textbook.',
};
