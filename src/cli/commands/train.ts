// fovea train: train a network on a data set, or go on with a run.
import { type Command, Option } from 'commander';
import { UsageError } from '../../base/errors.ts';
import { schedules } from '../../optim/schedule-settings.ts';
import { shellWord, tensorBoard } from '../../report/index.ts';
import { openRunEngine, resumeTraining, type TrainResult } from '../../train/index.ts';
import { dataWords, openChosenData, withData } from '../data-options.ts';
import {
  type EngineChoice,
  type JsonOptions,
  type LoadingChoice,
  openChosenEngine,
  positiveNumber,
  wholeNumber,
  withEngine,
  withJson,
  withModelOptions,
  withWorkers,
} from '../options.ts';
import { openOutput } from '../output.ts';
import { formatAugmentations, shareOption, withRecipe } from '../recipe-options.ts';
import { reported } from '../reporting.ts';
import { formatResult } from '../run-view.ts';
import {
  choiceOfRun,
  type GivenChoice,
  newChoice,
  type TrainChoice,
  trainDefaults,
} from '../train-choice.ts';
import { begin, type RunPlace, watched } from '../training.ts';

interface TrainCommandOptions extends GivenChoice, RunPlace, EngineChoice, LoadingChoice, JsonOptions {
  /** In megabytes. */
  readonly cache?: number;
  readonly resume?: string;
  readonly allowChangedData?: boolean;
  readonly tensorboard?: boolean;
  readonly whenDiverged: 'stop' | 'continue';
}

export function configure(command: Command): void {
  command.argument('[model]', 'name of a network, see `fovea models`');
  withJson(withEngine(withLoading(withRun(withLength(withRecipe(withModelOptions(withData(command))))))))
    .addHelpText(
      'after',
      '\nThe number of classes and of channels follows from the data. Ctrl-C finishes the step and saves, so that the run\n' +
        `can be resumed.\n\nFor --schedule:\n${formatSchedules()}\n\nFor --augment:\n${formatAugmentations()}\n\nExamples:\n` +
        '  $ fovea train lenet5 --data digits --epochs 3 --lr 0.1\n' +
        '  $ fovea train resnet18 --data folder:photos --optimizer momentum --lr 0.01 \\\n' +
        '      --augment random-resized-crop,horizontal-flip,brightness=0.4\n' +
        '  $ fovea train resnet18 --data cifar10 --optimizer nesterov --lr 0.1 --weight-decay 5e-4 \\\n' +
        '      --schedule cosine,end=0.001 --warmup 2epochs --epochs 30\n' +
        '  $ fovea train resnet18 --data folder:photos --init runs/cifar --freeze all-but-head --lr 0.01\n' +
        '  $ fovea train --resume runs/demo --epochs 10',
    )
    .action((model: string | undefined, options: TrainCommandOptions) => runTrain({ ...options, model }));
}

function withLength(command: Command): Command {
  return command
    .option(
      '--epochs <count>',
      `times to see every training image (default: ${trainDefaults.epochs})`,
      wholeNumber(1),
    )
    .option('--lr <rate>', 'learning rate (default: 0.001 for adam and adamw, else 0.01)', positiveNumber())
    .option(
      '--schedule <name>',
      'how the learning rate changes: a name as below, then its settings (NAME,SETTING=VALUE,...)',
    )
    .option('--warmup <time>', 'let the learning rate grow first, for 500steps or 2epochs')
    .option(
      '--ema <share>',
      'keep averages of the weights, of which this share (such as 0.999) stays at each update, and validate and save them; for runs of several times 1 / (1 - share) updates',
      shareOption,
    )
    .option(
      '--evaluate-every <steps>',
      'steps from one validation to the next (default: an epoch)',
      wholeNumber(1),
    )
    .option('--patience <count>', 'end after this many validations without a better one', wholeNumber(1))
    .addOption(
      new Option('--when-diverged <what>', 'what to do when a loss is no number any more')
        .choices(['stop', 'continue'])
        .default('stop'),
    );
}

/** `  cosine,end=0  last rate`, a line for each setting. */
function formatSchedules(): string {
  return Object.entries(schedules)
    .flatMap(([name, settings]) => [
      `  ${name}`,
      ...Object.entries(settings).map(
        ([key, { fallback, meaning }]) => `    ${`,${key}=${fallback ?? '...'}`.padEnd(24)}${meaning}`,
      ),
    ])
    .join('\n');
}

function withLoading(command: Command): Command {
  return withWorkers(command).option(
    '--cache <megabytes>',
    'keep so much of decoded training image files in memory for later epochs (default: 0)',
    wholeNumber(0),
  );
}

function withRun(command: Command): Command {
  return command
    .option('--out <folder>', 'folder of the run (default: runs/MODEL-DATA-TIME)')
    .option('--overwrite', 'replace the run that the folder holds')
    .option(
      '--keep <count>',
      'keep the checkpoints of so many last validations too, as step-STEP.safetensors (default: 0)',
      wholeNumber(0),
    )
    .option('--resume <folder>', 'go on with the run in this folder, with its own settings')
    .option(
      '--allow-changed-data',
      'with --resume: continue although images have changed, and record it in the run',
    )
    .option('--tensorboard', 'write event files for TensorBoard too, into the folder tensorboard of the run');
}

async function runTrain(options: TrainCommandOptions): Promise<void> {
  const output = openOutput(options.json);
  const { resume, allowChangedData = false } = options;
  if (allowChangedData && resume === undefined) {
    throw new UsageError(
      '--allow-changed-data is for a run that is resumed; give --resume RUN, or leave it out.',
    );
  }
  const choice = resume === undefined ? newChoice(options) : await choiceOfRun(resume, options);
  const { workers, cache = 0, whenDiverged } = options;
  const engine = await (resume === undefined ? openChosenEngine(options) : openRunEngine(resume, options));
  const how = { engine, workers, cacheBytes: cache * 1e6, whenDiverged };
  const { result, report } = await watched(output, choice.patience, async (hooks) => {
    const listeners = [...hooks.listeners, ...(options.tensorboard ? [tensorBoard()] : [])];
    const run = { ...hooks, ...how, listeners, ...(choice.keep !== undefined && { keep: choice.keep }) };
    if (resume === undefined) return begin(choice, run, options);
    const data = await openChosenData(choice);
    const resumed = { ...run, epochs: choice.epochs, allowChangedData, caller: { ...choice } };
    return reported(resume, data, how, () => resumeTraining(resume, data, resumed));
  });
  const shown = report === undefined ? [] : [`report ${report}`];
  output.result(result, () => [formatResult(result), ...shown, nextSteps(result, choice)].join('\n'));
}

function nextSteps(result: TrainResult, choice: TrainChoice): string {
  const { run, interrupted } = result;
  const word = shellWord(run ?? '');
  const data = [...dataWords(choice), ...splitWords(result)].map(shellWord).join(' ');
  return [
    `run    ${run}`,
    ...(interrupted ? [`go on  fovea train --resume ${word}`] : []),
    `next   fovea evaluate ${word} ${data}`,
    `       fovea predict ${word} IMAGE`,
  ].join('\n');
}

/** The split to evaluate where there is no test. */
function splitWords({ test, valid, interrupted }: TrainResult): string[] {
  if (test || interrupted) return [];
  return ['--split', valid ? 'valid' : 'train'];
}
