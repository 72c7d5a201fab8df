// A tiny network and data set, with which a run takes milliseconds.
import type { Dataset, SplitDataset } from '../src/data/dataset.ts';
import {
  BatchNorm2d,
  Conv2d,
  Dropout,
  defineModel,
  Flatten,
  Linear,
  type Model,
  ReLU,
  Sequential,
} from '../src/nn/index.ts';
import { RandomStream } from '../src/tensor/random.ts';
import type { Listener } from '../src/train/events.ts';
import type { RunOptions } from '../src/train/options.ts';

const SIZE = 4;

/** Convolution, batch normalization, dropout, linear: layers with state and randomness. */
export function tinyModel({ classes = 3, name = 'tiny' } = {}): Model {
  const network = new Sequential({
    conv: new Conv2d(1, 4, 3),
    bn: new BatchNorm2d(4),
    relu: new ReLU(),
    flatten: new Flatten(),
    drop: new Dropout(0.2),
    fc: new Linear(16, classes),
  });
  return defineModel({ name, network, input: [1, SIZE, SIZE], classes });
}

/** Noise with one bright row: the row is the class. */
export function tinyDataset(seed: number, length: number, classes = 3): Dataset {
  const noise = new RandomStream(seed, 'tiny');
  const images = Array.from({ length }, (_, index) => {
    const data = Uint8Array.from({ length: SIZE * SIZE }, (_, pixel) => {
      const bright = Math.floor(pixel / SIZE) === index % classes;
      return noise.integer(index * SIZE * SIZE + pixel, 100) + (bright ? 120 : 0);
    });
    return { width: SIZE, height: SIZE, channels: 1, data } as const;
  });
  return {
    classes: ['top', 'middle', 'bottom', 'none'].slice(0, classes),
    length,
    label: (index) => index % classes,
    get: (index) => ({ image: images[index], label: index % classes }),
    describe: (index) => `tiny image ${index}`,
  };
}

export function tinyData({ train = 22, valid = 9, test = 7, classes = 3 } = {}): SplitDataset {
  const splits = {
    train: tinyDataset(1, train, classes),
    valid: tinyDataset(2, valid, classes),
    test: tinyDataset(3, test, classes),
  };
  return { name: 'tiny data', classes: splits.train.classes, splits };
}

/** Interrupts a run after `step` steps, as Ctrl-C does. */
export function interruptAfter(step: number): Required<Pick<RunOptions, 'signal' | 'listeners'>> {
  const controller = new AbortController();
  const listener: Listener = (event) => {
    if (event.type === 'progress' && event.phase === 'train' && event.done === step) controller.abort();
  };
  return { signal: controller.signal, listeners: [listener] };
}
