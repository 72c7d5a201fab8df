// fovea train: train a network on a data set, or resume a run.

import { UsageError } from '../../base/errors.ts';
import { flag, type OptionTable, option, pickOptions, type SettledOf, text } from '../../base/option.ts';
import { optimizerNames, optimizers } from '../../optim/optimizers.ts';
import { type Setting, schedules } from '../../optim/schedule-settings.ts';
import { runFields, trainingOptions } from '../../recipe/options.ts';
import { shellWord, tensorBoard } from '../../report/index.ts';
import { openRunEngine, resumeTraining, type TrainResult } from '../../train/index.ts';
import { defineCommand } from '../command.ts';
import { dataWords } from '../data-options.ts';
import { openChosenData } from '../open-data.ts';
import { formatAugmentations } from '../open-recipe.ts';
import { engineOptions, openChosenEngine } from '../options.ts';
import type { Output } from '../output.ts';
import { withReport } from '../reporting.ts';
import { formatResult } from '../run-view.ts';
import { choiceOfRun, type GivenChoice, newChoice, type TrainChoice } from '../train-choice.ts';
import { start, watched } from '../training.ts';

const RUN = 'Run options:';

/** Options of the run folder and of this process. */
const ownOptions = {
  out: option(text, 'run folder', 'run folder', { defaultText: 'runs/MODEL-DATA-TIME', group: RUN }),
  overwrite: option(flag, 'overwrite', 'replace a run in the run folder', { group: RUN }),
  resume: option(text, 'run to resume', 'resume the run in this folder, with its own options', {
    placeholder: 'folder',
    group: RUN,
  }),
  allowChangedData: option(
    flag,
    'allow changed data',
    'with --resume: continue although images have changed',
    { group: RUN },
  ),
  tensorboard: option(flag, 'TensorBoard', 'write event files for TensorBoard into the run folder', {
    group: RUN,
  }),
  ...engineOptions,
} as const satisfies OptionTable;

type OwnChoice = SettledOf<typeof ownOptions>;

export const configure = defineCommand({
  arguments: [['[model]', 'name of a network, see `fovea models`']],
  options: { ...trainingOptions, ...ownOptions },
  settled: ownOptions,
  help: `
The number of classes and of channels follows from the data. Ctrl-C finishes the step and saves; the run can be resumed.

For --optimizer:
${formatOptimizers()}

For --schedule:
${formatSchedules()}

For --augment:
${formatAugmentations()}

Examples:
  $ fovea train lenet5 --data digits --epochs 3 --lr 0.1
  $ fovea train resnet18 --data folder:photos --optimizer momentum --lr 0.01 \\
      --augment random-resized-crop,horizontal-flip,brightness=0.4
  $ fovea train resnet18 --data cifar10 --optimizer nesterov --lr 0.1 --weight-decay 5e-4 \\
      --schedule cosine,end=0.001 --warmup 2epochs --epochs 30
  $ fovea train resnet18 --data folder:photos --init runs/cifar --freeze all-but-head --lr 0.01
  $ fovea train --resume runs/demo --epochs 10`,
  run: runTrain,
});

/** `  adam  summary` for each optimizer. */
function formatOptimizers(): string {
  return optimizerNames
    .map((name) => `  ${name.padEnd(12)}${optimizers[name].declaration.summary}`)
    .join('\n');
}

/** `  cosine`, then `    ,end=0  final rate` for each setting. */
function formatSchedules(): string {
  return Object.entries<Readonly<Record<string, Setting>>>(schedules)
    .flatMap(([name, settings]) => [
      `  ${name}`,
      ...Object.entries(settings).map(
        ([key, { default: usual = '...', help }]) => `    ${`,${key}=${usual}`.padEnd(24)}${help}`,
      ),
    ])
    .join('\n');
}

async function runTrain(options: GivenChoice & OwnChoice, output: Output, model?: string): Promise<void> {
  const given = { ...options, model };
  const { resume, allowChangedData = false } = options;
  if (allowChangedData && resume === undefined) {
    throw new UsageError('--allow-changed-data needs --resume RUN.');
  }
  const choice = resume === undefined ? newChoice(given) : await choiceOfRun(resume, given);
  const { cache = trainingOptions.cache.default, workers } = given;
  const how = {
    ...pickOptions(runFields, { ...given, ...choice }),
    ...{ workers, cacheBytes: cache * 1e6 },
    engine: await (resume === undefined ? openChosenEngine(options) : openRunEngine(resume, options)),
  };
  const { result, report } = await watched(output, choice, async ({ listeners, signal }) => {
    const run = {
      ...how,
      signal,
      listeners: [...listeners, ...(options.tensorboard ? [tensorBoard()] : [])],
    };
    if (resume === undefined) return start(choice, run, options);
    const data = await openChosenData(choice);
    const { epochs } = choice;
    const resumed = { ...run, ...(epochs && { epochs }), allowChangedData, caller: { ...choice } };
    return withReport(resume, data, how, () => resumeTraining(resume, data, resumed));
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
    ...(interrupted ? [`resume fovea train --resume ${word}`] : []),
    `next   fovea evaluate ${word} ${data}`,
    `       fovea predict ${word} IMAGE`,
  ].join('\n');
}

/** The split to evaluate if there was no test. */
function splitWords({ test, valid, interrupted }: TrainResult): string[] {
  if (test || interrupted) return [];
  return ['--split', valid ? 'valid' : 'train'];
}
