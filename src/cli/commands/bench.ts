// fovea bench: how fast an engine runs a network.
import { availableParallelism } from 'node:os';
import { Argument, Command } from 'commander';
import { type BenchMode, type BenchResult, bench } from '../../inspect/bench.ts';
import {
  buildModel,
  type EngineChoice,
  type InputShape,
  imageOf,
  inputShape,
  type JsonOptions,
  type ModelChoice,
  openChosenEngine,
  wholeNumber,
  withEngine,
  withJson,
  withModelOptions,
} from '../options.ts';
import { openOutput } from '../output.ts';
import { ProgressBar } from '../progress.ts';

interface BenchCommandOptions extends ModelChoice, EngineChoice, JsonOptions {
  readonly input?: InputShape;
  readonly steps: number;
  readonly warmUp: number;
}

export function benchCommand(): Command {
  const command = new Command('bench')
    .description('time training steps (SGD with momentum 0.9) or predictions of a network on random images')
    .addArgument(new Argument('<mode>', 'what to time').choices(['train', 'infer']))
    .argument('<model>', 'name of a network, see `fovea models`')
    .option(
      '--input <N,C,H,W>',
      'batch, channels, height, width (default: one image as the network takes it)',
      inputShape,
    )
    .option('--steps <count>', 'steps to time', wholeNumber(1), 20)
    .option('--warm-up <count>', 'steps before them that are not timed', wholeNumber(0), 3);
  return withJson(withEngine(withModelOptions(command)))
    .addHelpText('after', '\nExample:\n  $ fovea bench train lenet5 --input 64,1,32,32 --steps 50')
    .action(runBench);
}

async function runBench(mode: BenchMode, name: string, options: BenchCommandOptions): Promise<void> {
  const { input, steps, warmUp, json, threads = availableParallelism() } = options;
  const model = buildModel(name, options, input && imageOf(input));
  const engine = await openChosenEngine(options);
  const bar = new ProgressBar();
  const onStep = (done: number) => bar.update('bench', done, warmUp + steps, 'steps');
  const batchSize = input?.[0] ?? 1;
  const timing = await bench(mode, model, engine, { batchSize, steps, warmUp, onStep }).finally(() =>
    bar.clear(),
  );
  const report = { ...timing, threads };
  openOutput(json).result(report, () => formatBench(report));
}

type BenchReport = BenchResult & { readonly threads: number };

function formatBench(report: BenchReport): string {
  return [
    `${report.mode} ${report.model} ${report.input.join('x')} on ${report.engine}, ${report.threads} threads`,
    `  compiled in     ${report.compileMs.toFixed(0)} ms`,
    `  median step     ${report.medianMs.toFixed(2)} ms (fastest ${report.minMs.toFixed(2)} ms, of ${report.steps})`,
    `  images          ${report.imagesPerSecond.toFixed(1)} a second`,
    `  largest memory  ${(report.peakRssBytes / 2 ** 20).toFixed(0)} MiB`,
  ].join('\n');
}
