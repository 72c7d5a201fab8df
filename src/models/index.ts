// The table of built-in models. Names, options and their types, documentation and tests are derived from it.

import { checkArgument } from '../base/arguments.ts';
import { unknownName } from '../base/errors.ts';
import type { InitName, Model, OptionValue } from '../nn/index.ts';
import { checkInput } from '../nn/model.ts';
import { alexnets } from './alexnet.ts';
import { densenets } from './densenet.ts';
import { efficientnets } from './efficientnet.ts';
import type { Entry, OptionValues } from './entry.ts';
import { googlenets } from './googlenet.ts';
import { lenets } from './lenet.ts';
import { mobilenetsV1 } from './mobilenet-v1.ts';
import { mobilenetsV2 } from './mobilenet-v2.ts';
import { mobilenetsV3 } from './mobilenet-v3.ts';
import { completeOptions, parseOptions } from './options.ts';
import { resnets } from './resnet.ts';
import { cifarResnets } from './resnet-cifar.ts';
import { projectionResnets } from './resnet-projection.ts';
import { resnexts } from './resnext.ts';
import { shufflenetsV2 } from './shufflenet-v2.ts';
import { squeezenets } from './squeezenet.ts';
import { vggs } from './vgg.ts';
import { wideResnets } from './wide-resnet.ts';

export const builtInModels = {
  ...lenets,
  ...alexnets,
  ...vggs,
  ...googlenets,
  ...resnets,
  ...projectionResnets,
  ...resnexts,
  ...wideResnets,
  ...cifarResnets,
  ...mobilenetsV1,
  ...mobilenetsV2,
  ...mobilenetsV3,
  ...shufflenetsV2,
  ...squeezenets,
  ...densenets,
  ...efficientnets,
};

/** Name of a built-in model. */
export type ModelName = keyof typeof builtInModels;

/** Names of all built-in models, as `fovea models` lists them. */
export const modelNames = Object.keys(builtInModels) as ModelName[];

/** Options of every built-in model, and the options of the network itself. */
export type ModelOptions<Name extends ModelName> = Partial<
  OptionValues<(typeof builtInModels)[Name]['options']>
> & {
  /** Number of outputs. */
  readonly classes?: number;
  /** Number of channels of the images; defaults to that of `input`. */
  readonly inChannels?: number;
  /** Initializer of the parameters; the default depends on the network. */
  readonly init?: InitName;
  /** Input shape: [channels, height, width]. Defaults to that of the paper. */
  readonly input?: readonly [number, number, number];
};

/**
 * Creates a built-in model. Its parameters have no values yet: `initialize` and `train` create them.
 * @throws UsageError for an unknown name or option, or an invalid value
 * @example
 * const model = createModel('resnet18', { classes: 5, input: [3, 64, 64], stem: '3x3' });
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

/** The row of a built-in model. @throws UsageError with similar names if there is none */
export function findEntry(name: string): Entry {
  if (!Object.hasOwn(builtInModels, name)) throw unknownName('model', name, modelNames);
  return builtInModels[name as ModelName] as unknown as Entry; // Rows pass only declared options to their networks.
}

/** Parses a model's options from `key=value` texts. @throws UsageError for an unknown option or an invalid value */
export function parseModelOptions(name: string, texts: readonly string[]): Record<string, OptionValue> {
  return parseOptions(name, findEntry(name), texts);
}
