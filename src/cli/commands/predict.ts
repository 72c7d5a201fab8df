// fovea predict: classify images with a checkpoint.

import { stat } from 'node:fs/promises';
import type { OptionTable, SettledOf } from '../../base/option.ts';
import { visible } from '../../base/text.ts';
import { describeSkipped, nothingSkipped } from '../../data/folder/skipped.ts';
import { imagesBelow } from '../../data/folder/walk.ts';
import { type ImagePrediction, predict, predictOptions } from '../../evaluation/index.ts';
import { dataOptions } from '../../recipe/data-options.ts';
import { defineCommand } from '../command.ts';
import { reportError, reportNote } from '../failure.ts';
import { formatProbabilities } from '../metrics-view.ts';
import { openCheckpoint, weightsOption } from '../open-checkpoint.ts';
import { CHECKPOINT_ARGUMENT, engineOptions, openChosenEngine } from '../options.ts';
import { heading, type Output } from '../output.ts';
import { status } from '../status.ts';

const options = {
  top: predictOptions.top,
  followLinks: { ...dataOptions.followLinks, group: 'Options:' },
  ...weightsOption,
  ...engineOptions,
} as const satisfies OptionTable;

type PredictChoice = SettledOf<typeof options>;

export const configure = defineCommand({
  arguments: [
    CHECKPOINT_ARGUMENT,
    ['<image...>', 'image files (JPEG, PNG, WebP, BMP, ...), or folders of them'],
  ],
  options,
  help: `
An image that cannot be read or classified does not stop the others; the exit status is then 1.

Example:
  $ fovea predict runs/demo seven.png eight.png --top 3`,
  run: runPredict,
});

async function runPredict(
  options: PredictChoice,
  output: Output,
  place: string,
  given: readonly string[],
): Promise<void> {
  const { top, followLinks } = options;
  const checkpoint = await openCheckpoint(place, options.weights);
  const images = (await Promise.all(given.map((path) => findImages(path, followLinks)))).flat();
  const results = await predict(checkpoint, images, { engine: await openChosenEngine(options), top });
  output.result(results, () => results.map(formatPrediction).join('\n'));
  const failed = results.filter((result) => 'error' in result);
  if (failed.length === 0) return;
  reportError(`${failed.length} of ${images.length} images could not be classified; see above.`);
  process.exitCode = status.failed;
}

/** The images in a folder and its sub-folders; any other path is an image itself. */
async function findImages(path: string, followLinks: boolean | undefined): Promise<string[]> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return [path];
  const passedOver = nothingSkipped();
  const images = await imagesBelow(path, passedOver, { followLinks });
  for (const note of describeSkipped(path, passedOver)) reportNote(note);
  return images.length > 0 ? images : [path]; // Reported as unreadable.
}

function formatPrediction(result: ImagePrediction): string {
  if ('error' in result) return `${heading(result.image)}\n  ${visible(result.error)}`;
  return [heading(result.image), ...formatProbabilities(result.predictions)].join('\n');
}
