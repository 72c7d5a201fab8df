// The zoo: one row a network. Names, options and their types, documentation and tests are all derived from this table.

import { checkArgument } from '../base/arguments.ts';
import { unknownName } from '../base/errors.ts';
import type { InitName, Model, OptionValue } from '../nn/index.ts';
import { checkInput } from '../nn/model.ts';
import { alexnets } from './alexnet.ts';
import type { Entry, OptionValues } from './entry.ts';
import { googlenets } from './googlenet.ts';
import { lenets } from './lenet.ts';
import { mobilenetsV1 } from './mobilenet-v1.ts';
import { mobilenetsV2 } from './mobilenet-v2.ts';
import { completeOptions, parseOptions } from './options.ts';
import { resnets } from './resnet.ts';
import { cifarResnets } from './resnet-cifar.ts';
import { projectionResnets } from './resnet-projection.ts';
import { squeezenets } from './squeezenet.ts';
import { vggs } from './vgg.ts';

export const builtInModels = {
  ...lenets,
  ...alexnets,
  ...vggs,
  ...googlenets,
  ...resnets,
  ...projectionResnets,
  ...cifarResnets,
  ...mobilenetsV1,
  ...mobilenetsV2,
  ...squeezenets,
};

export type ModelName = keyof typeof builtInModels;
export const modelNames = Object.keys(builtInModels) as ModelName[];

/** What every network of the builtInModels understands, and the options of the network itself. */
export type ModelOptions<Name extends ModelName> = Partial<
  OptionValues<(typeof builtInModels)[Name]['options']>
> & {
  /** Number of outputs. */
  readonly classes?: number;
  readonly inChannels?: number;
  /** Scheme of the starting values. */
  readonly init?: InitName;
  /** Channels, height and width of the images; what the network was made for unless given. */
  readonly input?: readonly [number, number, number];
};

/**
 * A network of the builtInModels.
 * @throws UsageError for an unknown name or option, or a value the option does not take
 */
export function createModel<Name extends ModelName>(name: Name, options: ModelOptions<Name> = {}): Model {
  const row = findEntry(name);
  const call = `createModel('${name}', options?)`;
  checkArgument.options(call, options);
  if (options.input !== undefined) checkInput(call, options.input);
  const { input = row.input, ...given } = options;
  const [channels, height, width] = input;
  const values = completeOptions(name, row, { inChannels: channels, ...given });
  return {
    name,
    options: values,
    network: row.build(values),
    input: [values.inChannels, height, width],
    classes: values.classes,
    init: values.init,
  };
}

/** The row of a network, of any name. @throws UsageError with the nearest names if there is none */
export function findEntry(name: string): Entry {
  if (!Object.hasOwn(builtInModels, name)) throw unknownName('model', name, modelNames);
  return builtInModels[name as ModelName] as unknown as Entry; // A row only ever hands its network values of the options it declares.
}

/** A model's options from `key=value` texts, each read as its option's type. */
export function parseModelOptions(name: string, texts: readonly string[]): Record<string, OptionValue> {
  return parseOptions(name, findEntry(name), texts);
}
