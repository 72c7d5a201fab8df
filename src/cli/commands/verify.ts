// fovea verify: compare the engines on a network.

import type { Command } from 'commander';
import { EngineError, ShapeError } from '../../base/errors.ts';
import { last } from '../../base/lookup.ts';
import {
  nonNegativeInteger,
  type OptionTable,
  option,
  type SettledOf,
  text,
  withDefaults,
} from '../../base/option.ts';
import { formatSignificant } from '../../base/text.ts';
import { findWorst, type NamedDifference } from '../../diagnose/differences.ts';
import { summarize } from '../../diagnose/summary.ts';
import { type Verification, verifyEngines } from '../../diagnose/verify.ts';
import type { Engine } from '../../engines/engine.ts';
import { type EngineName, engineNames, openEngine } from '../../engines/index.ts';
import type { Model } from '../../nn/index.ts';
import { modelOptions } from '../../recipe/options.ts';
import {
  addOptions,
  buildModel,
  imageOf,
  inputOption,
  jsonOption,
  MODEL_ARGUMENT,
  type ModelChoice,
} from '../options.ts';
import { type Output, openOutput } from '../output.ts';
import { status } from '../status.ts';
import { formatTable } from '../table.ts';

const defaultBatchSize = 2;

/** Multiply-adds of a forward pass that the reference engine can run several times in a minute. */
const affordableMacs = 0.8e9;
/** Heights to try for large images. */
const smallerHeights = [192, 160, 128, 96, 64, 48];

const options = {
  input: {
    ...inputOption.input,
    defaultText: `${defaultBatchSize} images; fewer or smaller ones for large networks`,
  },
  engines: option(text, 'engines', 'engines to compare', {
    defaultText: 'all that run here',
    placeholder: 'a,b,...',
  }),
  seed: option(nonNegativeInteger, 'seed', 'seed of weights, images and labels', { default: 0 }),
  ...modelOptions,
  ...jsonOption,
} as const satisfies OptionTable;

type VerifyChoice = SettledOf<typeof options>;

export function configure(command: Command): void {
  command.argument(...MODEL_ARGUMENT);
  addOptions(command, options)
    .addHelpText('after', furtherHelp)
    .action((name: string, given: VerifyChoice) => runVerify(name, withDefaults(options, given)));
}

const furtherHelp = `
Logits are compared between engines. Loss, forward values and gradients of the training step of each engine are compared with
the reference engine, which takes over the forward values, so that ReLUs and maxima decide alike. The exit status is 1 if a
difference exceeds its bound.

Example:
  $ fovea verify resnet18 --input 4,3,64,64 --classes 10`;

async function runVerify(name: string, options: VerifyChoice): Promise<void> {
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
  return choices.find((choice) => macsOf(choice) <= affordableMacs) ?? last(choices);
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

/** Every engine that runs on this machine; reports why the others do not. */
async function openAvailable(output: Output): Promise<Engine[]> {
  const opened = new Map<string, Engine>();
  for (const name of engineNames) {
    try {
      const engine = await openEngine(name);
      opened.set(engine.name, engine);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      output.log(`${name} is skipped: ${error.message}`);
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
  const fault = holds ? '' : ` The largest difference is in ${farthest(values).name}.`;
  const conditioning = rounding
    ? ` This network magnifies rounding: float32 alone costs ${shown(rounding.gradients)} of a gradient.`
    : '';
  return (
    `${model} on random images ${input.join('x')}, differences relative to the largest absolute value:\n\n` +
    `${formatTable(columns, rows)}\n\n${holds ? 'The engines agree' : 'The engines differ'}: logits and values may differ ` +
    `by ${shown(bounds.forward)}, gradients by ${shown(bounds.gradients)}.${fault}${conditioning}`
  );
}

function farthest(differences: Verification['values']): NamedDifference {
  return findWorst(differences.map(({ worst }) => worst));
}

const shown = (bound: number) => formatSignificant(bound, 2);
