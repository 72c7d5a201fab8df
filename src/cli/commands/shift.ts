// fovea shift: how far the place of use is from the training data.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type Dataset, selectSplit, splitNames } from '../../data/dataset.ts';
import { dataSetNames } from '../../data/sources.ts';
import { writePng } from '../../image/encode.ts';
import {
  descriptorExtractor,
  type FeatureExtractor,
  measureShift,
  networkExtractor,
  outlierSheet,
  type ShiftMeasurement,
} from '../../shift/index.ts';
import { replaceFile } from '../../system/files.ts';
import { openCheckpoint, type WeightsChoice, withWeights } from '../checkpoint-option.ts';
import { choiceOfSide, openChosenData, withDataOptionsOf } from '../data-options.ts';
import {
  type EngineChoice,
  type JsonOptions,
  openChosenEngine,
  wholeNumber,
  withEngine,
  withJson,
} from '../options.ts';
import { openOutput } from '../output.ts';
import { ProgressBar } from '../progress.ts';
import { formatShift } from '../shift-view.ts';

interface ShiftCommandOptions extends WeightsChoice, EngineChoice, JsonOptions {
  readonly reference: string;
  readonly target: string;
  readonly referenceSplit: string;
  readonly targetSplit: string;
  readonly checkpoint?: string;
  readonly images: number;
  readonly out?: string;
}

export function configure(command: Command): void {
  command
    .requiredOption('--reference <name>', `the training data: ${dataSetNames.join(', ')}`)
    .requiredOption('--target <name>', 'the images of the place of use, named likewise')
    .option('--reference-split <name>', `part of the reference: ${splitNames.join(', ')}, or all`, 'train')
    .option('--target-split <name>', 'part of the target', 'all')
    .option(
      '--checkpoint <place>',
      'compare by what its network makes of the images (a file, or the folder of a run)',
    )
    .option(
      '--images <count>',
      'most images of each, drawn at random, always the same',
      wholeNumber(20),
      1000,
    )
    .option('--out <folder>', 'write shift.json and foreign.png, a picture of the most foreign images');
  withJson(withEngine(withDataOptionsOf(withWeights(command), ['reference', 'target'])))
    .addHelpText(
      'after',
      '\nData options are for both data sets; --reference-NAME and --target-NAME are for one, such as --target-subset test=200\n' +
        'or --reference-label-column breed.\n\nWithout a checkpoint images are compared by fixed formulas, which need nothing. Classes are compared where both have the same\n' +
        'names; photographs whose classes are not known may lie in the folder itself.\n\nExamples:\n' +
        '  $ fovea shift --reference folder:street --target folder:shop --checkpoint runs/pets --out shift\n' +
        '  $ fovea shift --reference mnist --target digits',
    )
    .action(runShift);
}

async function runShift(options: ShiftCommandOptions): Promise<void> {
  const { reference, target, images, out, json } = options;
  const extractor = await openExtractor(options);
  const bar = new ProgressBar();
  try {
    const measured = await measureShift(
      await openPart('reference', options.referenceSplit, options),
      await openPart('target', options.targetSplit, options),
      { extractor, images, onProgress: (done, total) => bar.update('look', done, total, 'images') },
    );
    bar.clear();
    const result = {
      data: {
        reference: `${reference}, ${options.referenceSplit}`,
        target: `${target}, ${options.targetSplit}`,
      },
      ...measured.shift,
    };
    if (out !== undefined) await writeResults(out, measured, result);
    openOutput(json).result({ ...result, ...(out !== undefined && { out }) }, () => formatShift(result, out));
  } finally {
    bar.clear();
    extractor.dispose();
  }
}

async function openExtractor(options: ShiftCommandOptions): Promise<FeatureExtractor> {
  if (options.checkpoint === undefined) return descriptorExtractor();
  const checkpoint = await openCheckpoint(options.checkpoint, options.weights);
  return networkExtractor(checkpoint, await openChosenEngine(options));
}

async function openPart(
  side: 'reference' | 'target',
  split: string,
  options: ShiftCommandOptions,
): Promise<Dataset> {
  const { reference, target } = options;
  const choice = choiceOfSide(side, { reference, target }, { ...options });
  return selectSplit(await openChosenData(choice, { labels: 'optional' }), split);
}

async function writeResults(folder: string, measured: ShiftMeasurement, result: object): Promise<void> {
  await mkdir(folder, { recursive: true });
  await replaceFile(join(folder, 'shift.json'), [Buffer.from(`${JSON.stringify(result, null, 2)}\n`)]);
  await writePng(await outlierSheet(measured), join(folder, 'foreign.png'));
}
