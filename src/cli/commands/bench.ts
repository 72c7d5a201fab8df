// fovea bench: how fast an engine runs a network.

import { availableParallelism } from 'node:os';
import { Argument, type Command } from 'commander';
import {
  flag,
  nonNegativeInteger,
  type OptionTable,
  option,
  parseOption,
  positive,
  positiveInteger,
  type SettledOf,
  text,
  withDefaults,
} from '../../base/option.ts';
import { formatBytes, formatRate } from '../../base/text.ts';
import { type BenchResult, bench, tune } from '../../diagnose/bench.ts';
import type { BenchMode } from '../../diagnose/prepared-step.ts';
import type { TuneResult } from '../../engines/instruments.ts';
import { modelOptions } from '../../recipe/options.ts';
import {
  addOptions,
  buildModel,
  engineOptions,
  imageOf,
  inputOption,
  jsonOption,
  MODEL_ARGUMENT,
  openChosenEngine,
} from '../options.ts';
import { openOutput } from '../output.ts';
import { formatProfile } from '../profile-view.ts';
import { ProgressBar } from '../progress.ts';
import { formatTuning } from '../tuning-view.ts';

const options = {
  ...inputOption,
  steps: option(positiveInteger, 'steps', 'steps to time', { default: 20 }),
  warmUp: option(nonNegativeInteger, 'warm-up steps', 'steps before them that are not timed', { default: 3 }),
  profile: option(flag, 'profile', 'show time by kind of kernel and by layer'),
  layers: option(text, 'layers', 'layers listed in the profile, or all; implies --profile', {
    defaultText: '20',
  }),
  tune: option(flag, 'tune', 'measure first which convolution kernels are fastest here'),
  tuneSeconds: option(
    positive,
    'tuning time',
    'tuning time without compilation, in seconds; implies --tune',
    { placeholder: 'seconds', defaultText: '60' },
  ),
  ...modelOptions,
  ...engineOptions,
  ...jsonOption,
} as const satisfies OptionTable;

type BenchChoice = SettledOf<typeof options>;

export function configure(command: Command): void {
  command
    .addArgument(new Argument('<mode>', 'what to time').choices(['train', 'infer']))
    .argument(...MODEL_ARGUMENT);
  addOptions(command, options)
    .addHelpText('after', furtherHelp)
    .action((mode: BenchMode, name: string, given: BenchChoice) =>
      runBench(mode, name, withDefaults(options, given)),
    );
}

const furtherHelp = `
A profile compares each part of the step with the measured limits of this machine: GFLOP/s with its peak arithmetic, GB/s of
tensors read and written with its memory bandwidth. Operations are counted as in direct convolution, so that Winograd
convolutions may exceed the peak; tensors in caches may exceed the bandwidth. "waits" is the time that threads wait for each
other; it counts towards the part they wait for.

Tuning times different kernels for the convolutions of the step, and stores those that are clearly faster in the cache folder.
Programs compiled later for this processor, compiler and number of threads use them. The last bits of results change with
that, and then stay the same until the next tuning.

Examples:
  $ fovea bench train lenet5 --input 64,1,32,32 --steps 50
  $ fovea bench train resnet18 --input 64,3,32,32 --classes 10 --profile --layers all
  $ fovea bench train resnet18 --input 64,3,32,32 --classes 10 --tune`;

function countLayers(layers = '20'): number {
  const layerOption = option(positiveInteger, 'layers', options.layers.help);
  return layers === 'all' ? Number.POSITIVE_INFINITY : Number(parseOption(layerOption, layers));
}

async function runBench(mode: BenchMode, name: string, choice: BenchChoice): Promise<void> {
  const { input, steps, warmUp, tuneSeconds, threads = availableParallelism() } = choice;
  const layers = countLayers(choice.layers);
  const profile = choice.profile ?? choice.layers !== undefined;
  const model = buildModel(name, choice, input && imageOf(input));
  const engine = await openChosenEngine(choice);
  const bar = new ProgressBar();
  const onStep = (done: number) => bar.update('bench', done, warmUp + steps, 'steps');
  const onProgress = (fraction: number) => bar.update('tune', Math.round(100 * fraction), 100, '%');
  const batchSize = input?.[0] ?? 1;
  const measure = async () => {
    const isTuned = choice.tune ?? tuneSeconds !== undefined;
    const tuning =
      isTuned && (await tune(mode, model, engine, { batchSize, seconds: tuneSeconds ?? 60, onProgress }));
    const timing = await bench(mode, model, engine, { batchSize, steps, warmUp, profile, onStep });
    return { ...timing, threads, ...(tuning && { tuning }) };
  };
  const report = await measure().finally(() => bar.clear());
  openOutput(choice.json).result(report, () => formatBench(report, layers));
}

type BenchReport = BenchResult & { readonly threads: number; readonly tuning?: TuneResult };

function formatBench(report: BenchReport, layers: number): string {
  return [
    `${report.mode} ${report.model} ${report.input.join('x')} on ${report.engine}, ${report.threads} threads`,
    `  compiled in     ${report.compileMs.toFixed(0)} ms`,
    `  median step     ${report.medianMs.toFixed(2)} ms (fastest ${report.minMs.toFixed(2)} ms, of ${report.steps})`,
    `  throughput      ${formatRate(report.imagesPerSecond, 'images')}`,
    `  peak memory     ${formatBytes(report.peakRssBytes)}`,
    ...(report.tuning ? ['', formatTuning(report.tuning)] : []),
    ...(report.profile ? ['', formatProfile(report.profile, layers)] : []),
  ].join('\n');
}
