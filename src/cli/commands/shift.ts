// fovea shift: measure the shift between training data and a target domain.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type OptionTable, option, type SettledOf, text, withDefaults } from '../../base/option.ts';
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
import { addOptionsOfSides, choiceOfSide } from '../data-options.ts';
import { openCheckpoint, weightsOption } from '../open-checkpoint.ts';
import { openChosenData } from '../open-data.ts';
import { addOptions, engineOptions, jsonOption, openChosenEngine } from '../options.ts';
import { openOutput } from '../output.ts';
import { ProgressBar } from '../progress.ts';
import { formatShift } from '../shift-view.ts';

const options = {
  reference: option(text, 'reference', `training data: ${dataSetNames.join(', ')}`, { required: true }),
  target: option(text, 'target', 'images of the target domain, in the same form', { required: true }),
  referenceSplit: option(text, 'reference split', `reference split: ${splitNames.join(', ')} or all`, {
    default: 'train',
  }),
  targetSplit: option(text, 'target split', 'target split', { default: 'all' }),
  checkpoint: option(text, 'checkpoint', 'compare features of this checkpoint or run', {
    defaultText: 'fixed formulas',
  }),
  images: option(
    { type: 'integer', min: 20 },
    'images',
    'maximum number of images of each, drawn at random',
    { default: 1000 },
  ),
  out: option(text, 'output folder', 'write shift.json and foreign.png, the strongest outliers'),
  ...weightsOption,
  ...engineOptions,
  ...jsonOption,
} as const satisfies OptionTable;

type ShiftChoice = SettledOf<typeof options>;

export function configure(command: Command): void {
  addOptionsOfSides(addOptions(command, options), ['reference', 'target'])
    .addHelpText('after', furtherHelp)
    .action((given: ShiftChoice) => runShift(withDefaults(options, given)));
}

const furtherHelp = `
Data options are for both data sets; --reference-NAME and --target-NAME are for one, such as --target-subset test=200 or
--reference-label-column breed.

Without a checkpoint images are compared by fixed formulas. Classes with the same name in both data sets are compared; images
without a known class may lie in the folder itself.

Examples:
  $ fovea shift --reference folder:street --target folder:shop --checkpoint runs/pets --out shift
  $ fovea shift --reference mnist --target digits`;

async function runShift(options: ShiftChoice): Promise<void> {
  const { reference, target, images, out, json } = options;
  const extractor = await openExtractor(options);
  const bar = new ProgressBar();
  try {
    const measured = await measureShift(
      await openPart('reference', options.referenceSplit, options),
      await openPart('target', options.targetSplit, options),
      { extractor, images, onProgress: (done, total) => bar.update('read', done, total, 'images') },
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

async function openExtractor(options: ShiftChoice): Promise<FeatureExtractor> {
  if (options.checkpoint === undefined) return descriptorExtractor();
  const checkpoint = await openCheckpoint(options.checkpoint, options.weights);
  return networkExtractor(checkpoint, await openChosenEngine(options));
}

async function openPart(side: 'reference' | 'target', split: string, options: ShiftChoice): Promise<Dataset> {
  const { reference, target } = options;
  const choice = choiceOfSide(side, { reference, target }, { ...options });
  return selectSplit(await openChosenData(choice, { labels: 'optional' }), split);
}

async function writeResults(folder: string, measured: ShiftMeasurement, result: object): Promise<void> {
  await mkdir(folder, { recursive: true });
  await replaceFile(join(folder, 'shift.json'), [Buffer.from(`${JSON.stringify(result, null, 2)}\n`)]);
  await writePng(await outlierSheet(measured), join(folder, 'foreign.png'));
}
