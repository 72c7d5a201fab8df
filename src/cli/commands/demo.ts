// fovea demo: train LeNet-5 on drawn digits, in about a minute.

import type { Command } from 'commander';
import { formatPercent } from '../../base/text.ts';
import type { Dataset } from '../../data/dataset.ts';
import { openEngine } from '../../engines/index.ts';
import { type Evaluation, evaluate, type SamplePrediction } from '../../evaluation/index.ts';
import { formatConfusion } from '../confusion.ts';
import { openChosenData } from '../open-data.ts';
import { addOptions, jsonOption } from '../options.ts';
import { heading, openOutput } from '../output.ts';
import { formatMetrics } from '../run-view.ts';
import { sideBySide, textImage } from '../text-image.ts';
import { newChoice } from '../train-choice.ts';
import { start, watched } from '../training.ts';

const folder = 'runs/demo';
const choice = newChoice({
  model: 'lenet5',
  data: 'digits',
  subset: 'valid=1000',
  epochs: 3,
  optimizer: 'momentum',
  lr: 0.02,
});
/** Empty border of a digit that is not describeValue, in pixels; digits per row. */
const margin = 2;
const perRow = 3;

export function configure(command: Command): void {
  addOptions(command, jsonOption)
    .addHelpText(
      'after',
      `\nThe run is stored in ${folder}, where it replaces an earlier demo.\n\nExample:\n  $ fovea demo`,
    )
    .action(runDemo);
}

async function runDemo({ json }: { readonly json?: boolean }): Promise<void> {
  const output = openOutput(json);
  const engine = await openEngine();
  output.log('Training LeNet-5 (LeCun et al. 1998) on digits that the program draws: nothing to download.\n');
  const { result, checkpoint } = await watched(output, {}, (hooks) =>
    start(choice, { ...hooks, engine }, { out: folder, overwrite: true }),
  );
  if (result.interrupted) return output.result(result, () => `\nResume with: fovea train --resume ${folder}`);
  const { test } = (await openChosenData(choice)).splits;
  const evaluation = await evaluate(checkpoint, test, { engine });
  const images = json ? '' : await formatImages(test, evaluation);
  output.result({ ...result, evaluation: evaluation.metrics }, () =>
    ['', formatFindings(evaluation), '', images, '', nextSteps].join('\n'),
  );
}

function formatFindings({ metrics }: Evaluation): string {
  const labels = metrics.perClass.map(({ label }) => label);
  const test = `${heading('On the test set')}: ${formatMetrics(metrics)}`;
  return `${test}\n\n${formatConfusion(labels, metrics.confusion)}`;
}

/** Some digits that were classified correctly, and some that were not. */
async function formatImages(test: Dataset, { predictions }: Evaluation): Promise<string> {
  const isCorrect = ({ label, predicted }: SamplePrediction) => label === predicted;
  const right = predictions.filter(isCorrect).slice(0, perRow);
  const wrong = predictions.filter((prediction) => !isCorrect(prediction)).slice(0, perRow);
  const rows = [right, wrong].filter((row) => row.length > 0);
  const drawn = await Promise.all(
    rows.map((row) => Promise.all(row.map((shown) => drawPrediction(test, shown)))),
  );
  return drawn.map((row) => sideBySide(row)).join('\n\n');
}

async function drawPrediction(
  test: Dataset,
  { index, label, predicted, probability }: SamplePrediction,
): Promise<string[]> {
  const { image } = await test.get(index);
  const caption = `predicted ${test.classes[predicted]}, ${formatPercent(probability)}`;
  const actual = label === predicted ? '' : ` (actual ${test.classes[label]})`;
  return [...textImage(image, margin), `${caption}${actual}`];
}

const nextSteps = [
  `The model is ${folder}/best.safetensors, the report ${folder}/report.html. What to try next:`,
  '',
  ...[
    [`fovea train --resume ${folder} --epochs 10`, 'train longer'],
    [`fovea predict ${folder} IMAGE`, 'classify your own digit, light on dark'],
    ['fovea summary lenet5', 'show the layers'],
    ['fovea train lenet5 --data mnist --lr 0.1', 'train on handwritten digits (downloaded once)'],
  ].map(([command, purpose]) => `  ${command.padEnd(42)}  ${purpose}`),
].join('\n');
