// fovea predict: classes of images by a checkpoint.
import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { visible } from '../../base/visible.ts';
import { describePassedOver, nothingPassedOver } from '../../data/passed-over.ts';
import { imagesBelow } from '../../data/walk.ts';
import { type ImagePrediction, predict } from '../../evaluation/index.ts';
import { openCheckpoint, type WeightsChoice, withWeights } from '../checkpoint-option.ts';
import { reportError, reportNote, status } from '../failure.ts';
import {
  type EngineChoice,
  type JsonOptions,
  openChosenEngine,
  wholeNumber,
  withEngine,
  withJson,
} from '../options.ts';
import { heading, openOutput } from '../output.ts';

interface PredictCommandOptions extends WeightsChoice, EngineChoice, JsonOptions {
  readonly top: number;
  readonly followLinks?: boolean;
}

export function configure(command: Command): void {
  command
    .argument('<checkpoint>', 'a checkpoint file, or the folder of a run (its best checkpoint)')
    .argument('<image...>', 'image files (JPEG, PNG, WebP, BMP, ...), or folders of them')
    .option('--top <count>', 'classes to show for each image, the most probable first', wholeNumber(1), 5)
    .option('--follow-links', 'follow symbolic links that lead out of a folder of images');
  withJson(withEngine(withWeights(command)))
    .addHelpText(
      'after',
      '\nAn image that cannot be read or classified does not stop the others; the exit status is then 1.\n\nExample:\n' +
        '  $ fovea predict runs/demo seven.png eight.png --top 3',
    )
    .action(runPredict);
}

async function runPredict(place: string, given: string[], options: PredictCommandOptions): Promise<void> {
  const { top, json, followLinks } = options;
  const checkpoint = await openCheckpoint(place, options.weights);
  const images = (await Promise.all(given.map((path) => picturesOf(path, followLinks)))).flat();
  const results = await predict(checkpoint, images, { engine: await openChosenEngine(options), top });
  openOutput(json).result(results, () => results.map(formatPrediction).join('\n'));
  const failed = results.filter((result) => 'error' in result);
  if (failed.length === 0) return;
  reportError(`${failed.length} of ${images.length} images could not be classified; see above.`);
  process.exitCode = status.failed;
}

/** The pictures in a folder and its sub-folders; anything else is a picture itself. */
async function picturesOf(path: string, followLinks: boolean | undefined): Promise<string[]> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return [path];
  const passedOver = nothingPassedOver();
  const images = await imagesBelow(path, passedOver, { followLinks });
  for (const note of describePassedOver(path, passedOver)) reportNote(note);
  return images.length > 0 ? images : [path]; // Which is then said to be no picture.
}

function formatPrediction(result: ImagePrediction): string {
  if ('error' in result) return `${heading(result.image)}\n  ${visible(result.error)}`;
  const classes = result.predictions.map(
    ({ label, probability }) => `  ${(100 * probability).toFixed(1).padStart(5)} %  ${visible(label)}`,
  );
  return [heading(result.image), ...classes].join('\n');
}
