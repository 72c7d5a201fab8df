// fovea verify: do the engines agree on a network?
import type { Command } from 'commander';
import type { Engine } from '../../engines/engine.ts';
import { type EngineName, engineNames, openEngine } from '../../engines/index.ts';
import { type Verification, verifyEngines } from '../../inspect/verify.ts';
import { EngineError } from '../../tensor/errors.ts';
import { status } from '../failure.ts';
import {
  buildModel,
  type InputShape,
  imageOf,
  inputShape,
  type JsonOptions,
  type ModelChoice,
  wholeNumber,
  withJson,
  withModelOptions,
} from '../options.ts';
import { type Output, openOutput } from '../output.ts';
import { formatTable } from '../table.ts';

interface VerifyCommandOptions extends ModelChoice, JsonOptions {
  readonly input?: InputShape;
  readonly engines?: string;
  readonly seed: number;
}

const defaultBatchSize = 2;

export function configure(command: Command): void {
  command
    .argument('<model>', 'name of a network, see `fovea models`')
    .option(
      '--input <N,C,H,W>',
      `batch, channels, height, width (default: ${defaultBatchSize} images as the network takes them)`,
      inputShape,
    )
    .option('--engines <a,b,...>', 'engines to compare (default: all that run here)')
    .option('--seed <number>', 'seed of weights, images and labels', wholeNumber(0), 0);
  withJson(withModelOptions(command))
    .addHelpText(
      'after',
      '\nThe reference engine computes in plain loops: give large networks a small input.\n' +
        'Exit status 1 if a difference exceeds its bound.\n\nExample:\n  $ fovea verify resnet18 --input 4,3,64,64 --classes 10',
    )
    .action(runVerify);
}

async function runVerify(name: string, options: VerifyCommandOptions): Promise<void> {
  const { input, engines, seed, json } = options;
  const output = openOutput(json);
  const model = buildModel(name, options, input && imageOf(input));
  const opened = engines === undefined ? await openAvailable(output) : await openNamed(engines);
  const verification = await verifyEngines(model, opened, {
    batchSize: input?.[0] ?? defaultBatchSize,
    seed,
    onProgress: (engine, task) => output.log(`${engine}: ${task} ...`),
  });
  output.result(verification, () => formatVerification(verification));
  if (!verification.holds) process.exitCode = status.failed;
}

function openNamed(list: string): Promise<Engine[]> {
  const names = list.split(',').map((name) => name.trim());
  return Promise.all(names.map((name) => openEngine(name as EngineName)));
}

/** Every engine that runs on this machine; of the others it says why not. */
async function openAvailable(output: Output): Promise<Engine[]> {
  const opened = new Map<string, Engine>();
  for (const name of engineNames) {
    try {
      const engine = await openEngine(name);
      opened.set(engine.name, engine);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      output.log(`${name} is left out: ${error.message}`);
    }
  }
  return [...opened.values()];
}

function formatVerification({ forward, gradients, bounds, rounding, holds }: Verification): string {
  const columns = [
    { title: 'engines' },
    { title: 'logits', align: 'right' },
    { title: 'relative', align: 'right' },
    { title: 'gradients, relative', align: 'right' },
    { title: 'worst gradient' },
  ] as const;
  const rows = forward.map(({ pair, maxAbs, maxRel }, i) => [
    pair.join(' / '),
    maxAbs.toExponential(1),
    maxRel.toExponential(1),
    gradients[i]!.worst.maxRel.toExponential(1),
    gradients[i]!.worst.name,
  ]);
  const verdict = holds ? 'The engines agree' : 'The engines differ';
  return (
    `${formatTable(columns, rows)}\n\n${verdict}: relative to the largest entry, logits may differ by ` +
    `${shown(bounds.forward)} and gradients by ${shown(bounds.gradients)}.${
      rounding
        ? ` This network magnifies rounding: float32 alone costs ${shown(rounding.gradients)} of a gradient.`
        : ''
    }`
  );
}

const shown = (bound: number) => Number(bound.toPrecision(2)).toString();
