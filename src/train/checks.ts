// Checks before training starts: model, data, loss and augmentation have to fit together.

import { UsageError } from '../base/errors.ts';
import type { SplitDataset } from '../data/dataset.ts';
import { type Augmentation, readAugmentation } from '../data/transforms/augmentation.ts';
import {
  outputShape,
  type Preprocessing,
  type TransformList,
  valueRangeOf,
} from '../data/transforms/transforms.ts';
import { classCount } from '../metrics/index.ts';
import type { Loss, Model } from '../nn/index.ts';
import { formatShape, sameShape } from '../tensor/shape.ts';
import { softLoss } from './step.ts';

/** @throws UsageError unless the model has an output for every class of the data */
export function checkClasses(model: Model, data: SplitDataset): void {
  const expected = classCount(model.classes);
  if (data.classes.length === expected) return;
  const fix = data.classes.length === 2 ? '2 (or 1, for a single output)' : data.classes.length;
  throw new UsageError(
    `${model.name} has outputs for ${expected} classes, but ${data.name} has ${data.classes.length}; ` +
      `build the model with classes: ${fix}.`,
  );
}

/** @throws UsageError for softmax with one output, or sigmoid with several */
export function checkLoss({ name, classes }: Model, loss: Loss): void {
  const wrong = classes === 1 ? 'softmax-cross-entropy' : 'sigmoid-cross-entropy';
  if (loss.name !== wrong) return;
  const fix =
    classes === 1 ? 'sigmoidCrossEntropy()' : 'softmaxCrossEntropy(), or build the model with classes: 1';
  throw new UsageError(`${loss.name} does not fit the ${classes} output(s) of ${name}; use ${fix}.`);
}

/** Adds the value range that the data set was opened with. @throws UsageError if the preprocessing has another one */
export function withValueRange(preprocessing: Preprocessing, data: SplitDataset): Preprocessing {
  const { name, valueRange, splits } = data;
  const own = valueRangeOf(preprocessing);
  if (!splits.train.file || String(own) === String(valueRange)) return preprocessing;
  if (own === undefined && valueRange) {
    return [{ transform: 'value-range', range: valueRange }, ...preprocessing];
  }
  throw new UsageError(
    `the preprocessing has the value range ${own}, but ${name} was opened with ${valueRange ?? 'none'}; ` +
      `open it with --value-range ${own} (valueRange).`,
  );
}

/** @throws UsageError unless it normalizes as the preprocessing does, and the loss supports its soft labels */
export function checkAugmentation(
  given: Augmentation,
  preprocessing: Preprocessing,
  loss: Loss,
): Augmentation {
  const augmentation = readAugmentation(given);
  if (augmentation.mixing) softLoss(loss);
  const [own, usual] = [augmentation.transforms, preprocessing].map((list) => JSON.stringify(list.at(-1)));
  if (own === usual) return augmentation;
  throw new UsageError(
    `the augmentation ends with ${own}, but the preprocessing with ${usual}; let both end with the same normalize.`,
  );
}

/** @throws UsageError unless the first training image has the model's input shape after each list */
export async function checkImages(
  model: Model,
  data: SplitDataset,
  lists: readonly TransformList[],
): Promise<void> {
  if (data.splits.train.length === 0) return; // Reported by `prepareRun`.
  const { image } = await data.splits.train.get(0);
  for (const [i, list] of lists.entries()) {
    const shape = outputShape(list, [image.channels, image.height, image.width]);
    if (sameShape(shape, model.input)) continue;
    const name = i === 0 ? 'preprocessing' : 'augmentation';
    throw new UsageError(
      `${model.name} takes images ${formatShape(model.input)}, but the ${name} gives ${formatShape(shape)}; ` +
        "resize to the model's height and width and convert the channels, or leave it out.",
    );
  }
}
