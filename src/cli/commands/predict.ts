// fovea predict: classify images with a checkpoint.

import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { type OptionTable, type SettledOf, withDefaults } from '../../base/option.ts';
import { visible } from '../../base/text.ts';
import { describeSkipped, nothingSkipped } from '../../data/folder/skipped.ts';
import { imagesBelow } from '../../data/folder/walk.ts';
import { type ImagePrediction, predict, predictOptions } from '../../evaluation/index.ts';
import { dataOptions } from '../../recipe/data-options.ts';
import { reportError, reportNote } from '../failure.ts';
import { formatClasses } from '../inspect-view.ts';
import { openCheckpoint, weightsOption } from '../open-checkpoint.ts';
import { addOptions, CHECKPOINT_ARGUMENT, engineOptions, jsonOption, openChosenEngine } from '../options.ts';
import { heading, openOutput } from '../output.ts';
import { status } from '../status.ts';

const options = {
  top: predictOptions.top,
  followLinks: { ...dataOptions.followLinks, group: 'Options:' },
  ...weightsOption,
  ...engineOptions,
  ...jsonOption,
} as const satisfies OptionTable;

type PredictChoice = SettledOf<typeof options>;

export function configure(command: Command): void {
  command
    .argument(...CHECKPOINT_ARGUMENT)
    .argument('<image...>', 'image files (JPEG, PNG, WebP, BMP, ...), or folders of them');
  addOptions(command, options)
    .addHelpText('after', furtherHelp)
    .action((place: string, given: string[], choice: PredictChoice) =>
      runPredict(place, given, withDefaults(options, choice)),
    );
}

const furtherHelp = `
An image that cannot be read or classified does not stop the others; the exit status is then 1.

Example:
  $ fovea predict runs/demo seven.png eight.png --top 3`;

async function runPredict(place: string, given: string[], options: PredictChoice): Promise<void> {
  const { top, json, followLinks } = options;
  const checkpoint = await openCheckpoint(place, options.weights);
  const images = (await Promise.all(given.map((path) => findImages(path, followLinks)))).flat();
  const results = await predict(checkpoint, images, { engine: await openChosenEngine(options), top });
  openOutput(json).result(results, () => results.map(formatPrediction).join('\n'));
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
  return [heading(result.image), ...formatClasses(result.predictions)].join('\n');
}
