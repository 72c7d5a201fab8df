// fovea bench: how fast an engine runs a network.
import { availableParallelism } from 'node:os';
import { Argument, type Command, Option } from 'commander';
import { type BenchMode, type BenchResult, bench, tune } from '../../diagnose/bench.ts';
import type { TuneResult } from '../../engines/instruments.ts';
import {
  buildModel,
  type EngineChoice,
  type InputShape,
  imageOf,
  inputShape,
  type JsonOptions,
  type ModelChoice,
  openChosenEngine,
  positiveNumber,
  wholeNumber,
  withEngine,
  withJson,
  withModelOptions,
} from '../options.ts';
import { openOutput } from '../output.ts';
import { formatProfile } from '../profile-view.ts';
import { ProgressBar } from '../progress.ts';
import { formatTuning } from '../tuning-view.ts';

interface BenchCommandOptions extends ModelChoice, EngineChoice, JsonOptions {
  readonly input?: InputShape;
  readonly steps: number;
  readonly warmUp: number;
  readonly profile?: boolean;
  /** Layers to list in the profile. */
  readonly layers: number;
  readonly tune?: boolean;
  readonly tuneSeconds: number;
}

export function configure(command: Command): void {
  command
    .addArgument(new Argument('<mode>', 'what to time').choices(['train', 'infer']))
    .argument('<model>', 'name of a network, see `fovea models`')
    .option(
      '--input <N,C,H,W>',
      'batch, channels, height, width (default: one image as the network takes it)',
      inputShape,
    )
    .option('--steps <count>', 'steps to time', wholeNumber(1), 20)
    .option('--warm-up <count>', 'steps before them that are not timed', wholeNumber(0), 3)
    .option('--profile', 'say where the time goes, by kind of kernel and by layer')
    .addOption(
      new Option('--layers <count>', 'layers that the profile lists, or all')
        .argParser(layerCount)
        .default(20)
        .implies({ profile: true }),
    )
    .option('--tune', 'measure first which ways to compute its convolutions are the fastest here')
    .addOption(
      new Option('--tune-seconds <seconds>', 'time for measuring, compiling not included')
        .argParser(positiveNumber())
        .default(60)
        .implies({ tune: true }),
    );
  withJson(withEngine(withModelOptions(command)))
    .addHelpText('after', furtherHelp)
    .action(runBench);
}

const furtherHelp = `
A profile compares each part of the step with the most that this machine does: GFLOP/s with the measured peak of its
arithmetic, GB/s of tensors read and written with the measured bandwidth of its memory. Operations are counted as in direct
summation, so that Winograd's convolutions may exceed the peak, and what lies in caches the memory. "waits" is the time
that threads wait for each other, and counted to the part that they wait for.

Tuning runs the step's convolutions in different ways and remembers, in the cache folder, which are clearly faster than
usual. Every program that is compiled later for this processor, compiler and number of threads uses what was found; the last
bits of its results change with that, and stay the same from then on until something is tuned again.

Examples:
  $ fovea bench train lenet5 --input 64,1,32,32 --steps 50
  $ fovea bench train resnet18 --input 64,3,32,32 --classes 10 --profile --layers all
  $ fovea bench train resnet18 --input 64,3,32,32 --classes 10 --tune`;

function layerCount(text: string): number {
  return text === 'all' ? Number.POSITIVE_INFINITY : wholeNumber(1)(text);
}

async function runBench(mode: BenchMode, name: string, options: BenchCommandOptions): Promise<void> {
  const { input, steps, warmUp, profile = false, layers, json, threads = availableParallelism() } = options;
  const model = buildModel(name, options, input && imageOf(input));
  const engine = await openChosenEngine(options);
  const bar = new ProgressBar();
  const onStep = (done: number) => bar.update('bench', done, warmUp + steps, 'steps');
  const onProgress = (share: number) => bar.update('tune', Math.round(100 * share), 100, '%');
  const batchSize = input?.[0] ?? 1;
  const measure = async () => {
    const tuning =
      options.tune &&
      (await tune(mode, model, engine, { batchSize, seconds: options.tuneSeconds, onProgress }));
    const timing = await bench(mode, model, engine, { batchSize, steps, warmUp, profile, onStep });
    return { ...timing, threads, ...(tuning && { tuning }) };
  };
  const report = await measure().finally(() => bar.clear());
  openOutput(json).result(report, () => formatBench(report, layers));
}

type BenchReport = BenchResult & { readonly threads: number; readonly tuning?: TuneResult };

function formatBench(report: BenchReport, layers: number): string {
  return [
    `${report.mode} ${report.model} ${report.input.join('x')} on ${report.engine}, ${report.threads} threads`,
    `  compiled in     ${report.compileMs.toFixed(0)} ms`,
    `  median step     ${report.medianMs.toFixed(2)} ms (fastest ${report.minMs.toFixed(2)} ms, of ${report.steps})`,
    `  images          ${report.imagesPerSecond.toFixed(1)} a second`,
    `  largest memory  ${(report.peakRssBytes / 2 ** 20).toFixed(0)} MiB`,
    ...(report.tuning ? ['', formatTuning(report.tuning)] : []),
    ...(report.profile ? ['', formatProfile(report.profile, layers)] : []),
  ].join('\n');
}
