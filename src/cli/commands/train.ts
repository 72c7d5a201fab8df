// fovea train: train a network on a data set, or go on with a run.
import { Command } from 'commander';
import { type SplitDataset, selectSplit } from '../../data/dataset.ts';
import { findEntry } from '../../models/zoo.ts';
import type { Model } from '../../nn/index.ts';
import { createOptimizer, type Optimizer } from '../../optim/optimizers.ts';
import { type RunOptions, resumeTraining, type TrainResult, train } from '../../train/index.ts';
import { openChosenData, withData } from '../data-options.ts';
import { Interrupt } from '../interrupt.ts';
import {
  buildModel,
  type EngineChoice,
  imageShape,
  type JsonOptions,
  openChosenEngine,
  positiveNumber,
  wholeNumber,
  withEngine,
  withJson,
  withModelOptions,
} from '../options.ts';
import { type Output, openOutput } from '../output.ts';
import { formatResult, RunView } from '../run-view.ts';
import {
  choiceOfRun,
  type GivenChoice,
  newChoice,
  type TrainChoice,
  trainDefaults,
} from '../train-choice.ts';

interface TrainCommandOptions extends GivenChoice, EngineChoice, JsonOptions {
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly resume?: string;
}

export function trainCommand(): Command {
  const command = new Command('train')
    .description('train a network on a data set, with checkpoints, validation and a final test')
    .argument('[model]', 'name of a network, see `fovea models`');
  return withJson(withEngine(withRun(withRecipe(withModelOptions(withData(command))))))
    .addHelpText(
      'after',
      '\nThe number of classes and of channels follows from the data. Ctrl-C finishes the step and saves, so that the run\n' +
        'can be resumed.\n\nExamples:\n' +
        '  $ fovea train lenet5 --data digits --epochs 3 --lr 0.1\n' +
        '  $ fovea train resnet18 --data folder:photos --optimizer momentum --lr 0.01\n' +
        '  $ fovea train --resume runs/demo --epochs 10',
    )
    .action((model: string | undefined, options: TrainCommandOptions) => runTrain({ ...options, model }));
}

function withRecipe(command: Command): Command {
  const { epochs, batchSize, optimizer, seed } = trainDefaults;
  return command
    .option(
      '--input <C,H,W>',
      "channels, height, width (default: the data's channels, the network's size)",
      imageShape,
    )
    .option('--epochs <count>', `times to see every training image (default: ${epochs})`, wholeNumber(1))
    .option('--batch-size <count>', `images per step (default: ${batchSize})`, wholeNumber(1))
    .option('--lr <rate>', 'learning rate (default: 0.001 for adam and adamw, else 0.01)', positiveNumber())
    .option('--optimizer <name>', `sgd, momentum, nesterov, adam or adamw (default: ${optimizer})`)
    .option(
      '--momentum <share>',
      'share of the velocity that a step keeps; sgd has none by default',
      shareOption,
    )
    .option('--weight-decay <share>', 'pull of the weights towards 0', shareOption)
    .option('--seed <number>', `seed of weights, order and dropout (default: ${seed})`, wholeNumber(0))
    .option(
      '--evaluate-every <steps>',
      'steps from one validation to the next (default: an epoch)',
      wholeNumber(1),
    );
}

const shareOption = positiveNumber({ zero: true });

function withRun(command: Command): Command {
  return command
    .option('--out <folder>', 'folder of the run (default: runs/MODEL-DATA-TIME)')
    .option('--overwrite', 'replace the run that the folder holds')
    .option('--resume <folder>', 'go on with the run in this folder, with its own settings');
}

async function runTrain(options: TrainCommandOptions): Promise<void> {
  const output = openOutput(options.json);
  const { resume } = options;
  const choice = resume === undefined ? newChoice(options) : await choiceOfRun(resume, options);
  const engine = await openChosenEngine(options);
  const result = await watched(output, (hooks) =>
    resume === undefined
      ? begin(choice, { ...hooks, engine }, options)
      : openChosenData(choice).then((data) =>
          resumeTraining(resume, data, { ...hooks, engine, epochs: choice.epochs }),
        ),
  );
  output.result(result, () => `${formatResult(result)}\n${nextSteps(result, choice)}`);
}

type Hooks = Required<Pick<RunOptions, 'listeners' | 'signal'>>;

/** Shows a run while it goes on, and lets signals end it in good order. */
export async function watched(
  output: Output,
  run: (hooks: Hooks) => Promise<{ result: TrainResult }>,
): Promise<TrainResult> {
  const view = new RunView(output);
  const interrupt = new Interrupt((signal) =>
    view.line(`${signal}: finishing the step and saving; once more stops at once ...`),
  );
  try {
    const { result } = await run({ listeners: [view.listen], signal: interrupt.signal });
    if (interrupt.status !== undefined) process.exitCode = interrupt.status;
    return result;
  } finally {
    view.close();
    interrupt.dispose();
  }
}

async function begin(
  choice: TrainChoice,
  run: RunOptions,
  { out, overwrite = false }: TrainCommandOptions,
): Promise<{ result: TrainResult }> {
  findEntry(choice.model);
  const optimizer = optimizerOf(choice);
  const data = await openChosenData(choice);
  const { epochs, batchSize, lr, seed, evaluateEvery } = choice;
  return train(await modelFor(choice, data), data, {
    ...run,
    epochs,
    batchSize,
    seed,
    optimizer,
    learningRate: lr,
    out: out ?? runFolder(choice),
    overwrite,
    caller: { ...choice },
    ...(evaluateEvery !== undefined && { evaluateEvery }),
  });
}

function optimizerOf({ optimizer, momentum, weightDecay }: TrainChoice): Optimizer {
  const moving = optimizer === 'sgd' && momentum !== undefined;
  const still = moving && momentum === 0;
  return createOptimizer(moving && !still ? 'momentum' : optimizer, {
    ...(momentum !== undefined && !still && { momentum }),
    ...(weightDecay !== undefined && { weightDecay }),
  });
}

/** The network for the data's channels and classes, at the size it was made for, unless chosen otherwise. */
async function modelFor(choice: TrainChoice, data: SplitDataset): Promise<Model> {
  const { image } = await selectSplit(data, 'train').get(0);
  const [, height, width] = findEntry(choice.model).input;
  const input = choice.input ?? [image.channels, height, width];
  return buildModel(choice.model, { classes: data.classes.length, ...choice }, input);
}

/** `runs/lenet5-digits-2026-01-31-12-00-00` */
function runFolder({ model, data }: TrainChoice): string {
  const time = new Date().toISOString().slice(0, 19).replace(/[T:]/g, '-');
  const plain = data.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '');
  return `runs/${model}-${plain}-${time}`;
}

function nextSteps({ run, interrupted }: TrainResult, { data, dataDir }: TrainChoice): string {
  const place = dataDir === undefined ? '' : ` --data-dir ${dataDir}`;
  return [
    `run    ${run}`,
    ...(interrupted ? [`go on  fovea train --resume ${run}`] : []),
    `next   fovea evaluate ${run} --data ${data}${place}`,
    `       fovea predict ${run} IMAGE`,
  ].join('\n');
}
