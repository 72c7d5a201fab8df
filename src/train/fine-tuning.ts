// Fine-tuning: weights inherited from a trained network, and frozen parameters.

import { UsageError } from '../base/errors.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { compareWeights, describeDifferences } from '../checkpoints/weight-differences.ts';
import { type Model, namedParameters } from '../nn/index.ts';
import { headParameters } from '../program/head.ts';

/** Freezes everything but the last layer. */
const ALL_BUT_HEAD = 'all-but-head';

/**
 * Marks parameters as not trainable.
 * @param parts prefixes of names, up to a dot: `layer1` includes `layer1.0.conv1.weight`, but not `layer10.weight`
 * @returns `parts`
 * @throws UsageError if one has no parameters
 */
export function freeze(model: Model, parts: readonly string[]): readonly string[] {
  const parameters = [...namedParameters(model.network).values()];
  for (const part of parts) {
    const head = part === ALL_BUT_HEAD ? headParameters(model) : undefined;
    const frozen = parameters.filter(({ name }) =>
      head ? !head.includes(name) : name === part || name.startsWith(`${part}.`),
    );
    if (frozen.length === 0) throw nothingToFreeze(model, part);
    for (const parameter of frozen) parameter.trainable = false;
  }
  return parts;
}

function nothingToFreeze({ name, network }: Model, part: string): UsageError {
  const parts = new Set([...namedParameters(network).keys()].map((parameter) => parameter.split('.')[0]));
  return new UsageError(
    `${name} has no parameters "${part}" to freeze; name ${[...parts].join(', ')}, parts of them such as ` +
      `${[...namedParameters(network).keys()][0]}, or ${ALL_BUT_HEAD}.`,
  );
}

/** What a new model inherits from a trained one. */
export interface Inheritance {
  /** Parameters and buffers with matching shapes, by name. */
  readonly weights: Checkpoint['weights'];
  /** Parameters of the head, which are re-initialized for another number of classes. */
  readonly reinitialized: readonly string[];
}

/**
 * The weights of a checkpoint for a model with other classes.
 * @throws UsageError if the networks differ in more than their heads
 */
export function inherit(model: Model, { model: trained, weights }: Checkpoint): Inheritance {
  const { missing, unexpected, mismatched } = compareWeights(model, weights);
  const head = headParameters(model);
  const reinitialized = mismatched.map(({ name }) => name).filter((name) => head.includes(name));
  const fault = describeDifferences({
    missing,
    unexpected,
    mismatched: mismatched.filter(({ name }) => !reinitialized.includes(name)),
  });
  if (fault) {
    throw new UsageError(
      `the checkpoint holds ${trained.name}, whose weights do not fit ${model.name} outside its head: ${fault}; ` +
        'build the model with the same name and options.',
    );
  }
  return { weights: new Map([...weights].filter(([name]) => !reinitialized.includes(name))), reinitialized };
}
