// The experiments by name.
import { unknownName } from '../base/errors.ts';
import { alexnet } from './alexnet.ts';
import type { Comparison, Experiment } from './experiment.ts';
import { googlenet } from './googlenet.ts';
import { lenet5 } from './lenet5.ts';
import { palmFine } from './palm-fine.ts';
import { residual } from './residual.ts';
import { resnet18 } from './resnet18.ts';
import { resnet18Cifar10 } from './resnet18-cifar10.ts';
import { resnet18Plain } from './resnet18-plain.ts';
import { resnet50 } from './resnet50.ts';
import { resnet50Cifar10 } from './resnet50-cifar10.ts';
import { vgg16 } from './vgg16.ts';

export type { Comparison, Experiment, PublishedResult, Setting } from './experiment.ts';
export {
  type ExperimentResult,
  experimentResult,
  type PairedDifference,
  pairedDifference,
  tooFewSeeds,
} from './results.ts';
export { readSeedRun, type SeedRun } from './seed-run.ts';
export { comparisonVerdict, resultVerdict } from './verdict.ts';

export const experiments = {
  lenet5,
  'resnet18-plain': resnet18Plain,
  resnet18,
  alexnet,
  vgg16,
  googlenet,
  resnet50,
  'palm-fine': palmFine,
  'resnet18-cifar10': resnet18Cifar10,
  'resnet50-cifar10': resnet50Cifar10,
} as const satisfies Record<string, Experiment>;

export type ExperimentName = keyof typeof experiments;

type KnownComparison = Comparison & { readonly first: ExperimentName; readonly second: ExperimentName };

export const comparisons = { residual } as const satisfies Record<string, KnownComparison>;

export type ComparisonName = keyof typeof comparisons;

/** Names of all experiments and comparisons, in the order of the textbook. */
export const experimentNames: readonly string[] = [...Object.keys(experiments), ...Object.keys(comparisons)];

/** The comparison with this name, if there is one. */
export function findComparison(name: string): KnownComparison | undefined {
  return Object.hasOwn(comparisons, name) ? comparisons[name as ComparisonName] : undefined;
}

/** The experiment with this name. @throws UsageError with the known names if there is none */
export function findExperiment(name: string): Experiment {
  if (!Object.hasOwn(experiments, name)) throw unknownName('experiment', name, experimentNames);
  return experiments[name as ExperimentName];
}
