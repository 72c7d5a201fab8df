// Training that starts from a trained network: what is taken from it, and what stays as it is.

import { UsageError } from '../base/errors.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { compareWeights, describeDifferences } from '../checkpoints/weight-differences.ts';
import { type Model, namedParameters } from '../nn/index.ts';
import { headParameters } from '../program/head.ts';

/** Freezes everything but the layer that gives the logits. */
const ALL_BUT_HEAD = 'all-but-head';

/**
 * Marks parameters as not trainable.
 * @param parts beginnings of names, whole between dots: `layer1` is all of `layer1.0.conv1.weight`, but not `layer10.weight`
 * @returns `parts`
 * @throws UsageError if one names nothing
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

/** What a new model takes from a trained one. */
export interface Inheritance {
  /** Parameters and buffers that fit, by name. */
  readonly weights: Checkpoint['weights'];
  /** Those of the head that are drawn anew, since the classes are others in number. */
  readonly drawn: readonly string[];
}

/**
 * The weights of a checkpoint that a model for other classes can start from.
 * @throws UsageError if the checkpoint's network differs in more than its head
 */
export function inherit(model: Model, { model: trained, weights }: Checkpoint): Inheritance {
  const { missing, unexpected, mismatched } = compareWeights(model, weights);
  const head = headParameters(model);
  const drawn = mismatched.map(({ name }) => name).filter((name) => head.includes(name));
  const fault = describeDifferences({
    missing,
    unexpected,
    mismatched: mismatched.filter(({ name }) => !drawn.includes(name)),
  });
  if (fault) {
    throw new UsageError(
      `the checkpoint holds ${trained.name}, whose weights do not fit ${model.name} but for its head: ${fault}; ` +
        'build the model with the same name and options.',
    );
  }
  return { weights: new Map([...weights].filter(([name]) => !drawn.includes(name))), drawn };
}
