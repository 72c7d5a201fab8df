// fovea demo: LeNet-5 learns the digits that the program draws itself, in about a minute.
import type { Command } from 'commander';
import type { Dataset } from '../../data/dataset.ts';
import { openEngine } from '../../engines/index.ts';
import { type Evaluation, evaluate, type SamplePrediction } from '../../evaluation/index.ts';
import { formatConfusion } from '../confusion.ts';
import { openChosenData } from '../data-options.ts';
import { type JsonOptions, withJson } from '../options.ts';
import { heading, openOutput } from '../output.ts';
import { picture, sideBySide } from '../picture.ts';
import { formatMetrics } from '../run-view.ts';
import { newChoice } from '../train-choice.ts';
import { begin, watched } from '../training.ts';

const folder = 'runs/demo';
const choice = newChoice({
  model: 'lenet5',
  data: 'digits',
  subset: 'valid=1000',
  epochs: 3,
  optimizer: 'momentum',
  lr: 0.02,
});
/** Pixels of a digit's empty border that its picture leaves out, and pictures in a row. */
const margin = 2;
const perRow = 3;

export function configure(command: Command): void {
  withJson(command)
    .addHelpText(
      'after',
      `\nThe run goes to ${folder}, in place of an earlier demo's.\n\nExample:\n  $ fovea demo`,
    )
    .action(runDemo);
}

async function runDemo({ json }: JsonOptions): Promise<void> {
  const output = openOutput(json);
  const engine = await openEngine();
  output.log(
    'LeNet-5 (LeCun et al. 1998) learns to read digits. The program draws them: nothing to download.\n',
  );
  const { result, checkpoint } = await watched(output, undefined, (hooks) =>
    begin(choice, { ...hooks, engine }, { out: folder, overwrite: true }),
  );
  if (result.interrupted) return output.result(result, () => `\nGo on with: fovea train --resume ${folder}`);
  const { test } = (await openChosenData(choice)).splits;
  const evaluation = await evaluate(checkpoint, test, { engine });
  const pictures = json ? '' : await formatPictures(test, evaluation);
  output.result({ ...result, evaluation: evaluation.metrics }, () =>
    ['', formatFindings(evaluation), '', pictures, '', nextSteps].join('\n'),
  );
}

function formatFindings({ metrics }: Evaluation): string {
  const labels = metrics.perClass.map(({ label }) => label);
  const test = `${heading('On digits it has never seen')}: ${formatMetrics(metrics)}`;
  return `${test}\n\n${formatConfusion(labels, metrics.confusion)}`;
}

/** Some digits it read right, and some it did not. */
async function formatPictures(test: Dataset, { predictions }: Evaluation): Promise<string> {
  const isRight = ({ label, predicted }: SamplePrediction) => label === predicted;
  const right = predictions.filter(isRight).slice(0, perRow);
  const wrong = predictions.filter((prediction) => !isRight(prediction)).slice(0, perRow);
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
  const read = `read as ${test.classes[predicted]}, ${(100 * probability).toFixed(1)} %`;
  const truth = label === predicted ? '' : ` (is ${test.classes[label]})`;
  return [...picture(image, margin), `${read}${truth}`];
}

const nextSteps = [
  `The model is ${folder}/best.safetensors; ${folder}/report.html shows the run. What to try next:`,
  '',
  ...[
    [`fovea train --resume ${folder} --epochs 10`, 'train longer'],
    [`fovea predict ${folder} PICTURE`, 'read a digit of yours, light on dark'],
    ['fovea summary lenet5', 'look at the layers'],
    ['fovea train lenet5 --data mnist --lr 0.1', 'handwritten digits, downloaded once'],
  ].map(([command, purpose]) => `  ${command.padEnd(42)}  ${purpose}`),
].join('\n');
