// fovea verify: do the engines agree on a network?
import type { Command } from 'commander';
import { EngineError, ShapeError } from '../../base/errors.ts';
import { findWorst, type NamedDifference } from '../../diagnose/differences.ts';
import { summarize } from '../../diagnose/summary.ts';
import { type Verification, verifyEngines } from '../../diagnose/verify.ts';
import type { Engine } from '../../engines/engine.ts';
import { type EngineName, engineNames, openEngine } from '../../engines/index.ts';
import type { Model } from '../../nn/index.ts';
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

/** Most multiply-adds of a forward pass that the reference engine, in plain loops, can run several times in a minute. */
const affordableMacs = 0.8e9;
/** Heights that large images are scaled down to. */
const smallerHeights = [192, 160, 128, 96, 64, 48];

export function configure(command: Command): void {
  command
    .argument('<model>', 'name of a network, see `fovea models`')
    .option(
      '--input <N,C,H,W>',
      `batch, channels, height, width (default: ${defaultBatchSize} images; smaller ones or a single one for large networks)`,
      inputShape,
    )
    .option('--engines <a,b,...>', 'engines to compare (default: all that run here)')
    .option('--seed <number>', 'seed of weights, images and labels', wholeNumber(0), 0);
  withJson(withModelOptions(command))
    .addHelpText(
      'after',
      "\nLogits are compared between engines. The loss, forward values and gradients of each engine's training step are\n" +
        "compared with the reference engine's, which takes over the forward values, so that ReLUs and maxima decide alike.\n" +
        'Exit status 1 if a difference exceeds its bound.\n\nExample:\n  $ fovea verify resnet18 --input 4,3,64,64 --classes 10',
    )
    .action(runVerify);
}

async function runVerify(name: string, options: VerifyCommandOptions): Promise<void> {
  const { input, engines, seed, json } = options;
  const output = openOutput(json);
  const { model, batchSize } = input
    ? { model: buildModel(name, options, imageOf(input)), batchSize: input[0] }
    : affordable(name, options);
  const opened = engines === undefined ? await openAvailable(output) : await openNamed(engines);
  const verification = await verifyEngines(model, opened, {
    batchSize,
    seed,
    onProgress: (engine, task) => output.log(`${engine}: ${task} ...`),
  });
  output.result(verification, () => formatVerification(verification));
  if (!verification.holds) process.exitCode = status.failed;
}

interface Choice {
  readonly model: Model;
  readonly batchSize: number;
}

/**
 * The model at its own image size with two images, or the next smaller size, then a single image, that the reference engine
 * can compute in time; the smallest that the model takes if it can compute none.
 */
function affordable(name: string, options: ModelChoice): Choice {
  const model = buildModel(name, options);
  const [channels, height, width] = model.input;
  const smaller = smallerHeights
    .filter((each) => each < height)
    .map((each) => [channels, each, Math.round((each / height) * width)] as const)
    .flatMap((image) => ifItFits(() => buildModel(name, options, image)) ?? []);
  const choices = [defaultBatchSize, 1].flatMap((batchSize) =>
    [model, ...smaller].map((each) => ({ model: each, batchSize })),
  );
  const macsOf = (choice: Choice) => summarize(choice.model, choice.batchSize).totals.macs;
  return choices.find((choice) => macsOf(choice) <= affordableMacs) ?? choices.at(-1)!;
}

function ifItFits(build: () => Model): Model | undefined {
  try {
    const model = build();
    summarize(model);
    return model;
  } catch (error) {
    if (error instanceof ShapeError) return undefined;
    throw error;
  }
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

function formatVerification(verification: Verification): string {
  const { model, input, forward, values, gradients, bounds, rounding, holds } = verification;
  const columns = [
    { title: 'engines' },
    { title: 'logits', align: 'right' },
    { title: 'values', align: 'right' },
    { title: 'gradients', align: 'right' },
    { title: 'worst gradient' },
  ] as const;
  const rows = forward.map(({ pair, maxRel }, i) => [
    pair.join(' / '),
    maxRel.toExponential(1),
    values[i].worst.maxRel.toExponential(1),
    gradients[i].worst.maxRel.toExponential(1),
    gradients[i].worst.name,
  ]);
  const fault = holds ? '' : ` The value that differs most is that of ${farthest(values).name}.`;
  const conditioning = rounding
    ? ` This network magnifies rounding: float32 alone costs ${shown(rounding.gradients)} of a gradient.`
    : '';
  return (
    `${model} on random images ${input.join('x')}, differences relative to the largest entry:\n\n` +
    `${formatTable(columns, rows)}\n\n${holds ? 'The engines agree' : 'The engines differ'}: logits and values may differ ` +
    `by ${shown(bounds.forward)}, gradients by ${shown(bounds.gradients)}.${fault}${conditioning}`
  );
}

function farthest(differences: Verification['values']): NamedDifference {
  return findWorst(differences.map(({ worst }) => worst));
}

const shown = (bound: number) => Number(bound.toPrecision(2)).toString();
