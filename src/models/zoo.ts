// The zoo: one row a network. Names, options and their types, documentation and tests are all derived from this table.
import { type InitName, initNames, type Model, type Module, type OptionValue } from '../nn/index.ts';
import { UsageError, unknownName } from '../tensor/errors.ts';
import { lenet5 } from './lenet.ts';
import { resnet18 } from './resnet.ts';

interface Option<T extends OptionValue> {
  readonly default: T;
  readonly description: string;
}

interface Entry {
  readonly family: string;
  readonly description: string;
  readonly paper: string;
  /** Channels, height and width the network was made for. */
  readonly input: readonly [number, number, number];
  readonly classes: number;
  readonly init: InitName;
  /** Options of this network besides `classes`, `inChannels` and `init`, which all have. */
  readonly options: Readonly<Record<string, Option<OptionValue>>>;
}

const flag = (value: boolean, description: string): Option<boolean> => ({ default: value, description });

/** One row: the options that `build` is given are those the row declares. */
function entry<O extends Record<string, Option<OptionValue>>>(
  row: Omit<Entry, 'options'> & {
    readonly options: O;
    readonly build: (options: BuildOptions<O>) => Module;
  },
) {
  return row;
}

type OptionValues<O extends Record<string, Option<OptionValue>>> = { [K in keyof O]: O[K]['default'] };
type BuildOptions<O extends Record<string, Option<OptionValue>>> = OptionValues<O> & {
  classes: number;
  inChannels: number;
};

export const zoo = {
  lenet5: entry({
    family: 'LeNet',
    description: 'LeNet-5 with ReLU, max pooling and average pooling, for 32x32 images',
    paper: 'LeCun et al. 1998',
    input: [1, 32, 32],
    classes: 10,
    init: 'paddle',
    options: {},
    build: lenet5,
  }),
  resnet18: entry({
    family: 'ResNet',
    description: 'Residual network with 18 layers of basic blocks',
    paper: 'He et al. 2016',
    input: [3, 224, 224],
    classes: 1000,
    init: 'kaiming',
    options: {
      residual: flag(true, 'blocks have shortcuts; false stacks the same layers plainly'),
      stemBias: flag(false, 'the first convolution has a bias'),
    },
    build: resnet18,
  }),
};

export type ModelName = keyof typeof zoo;
export const modelNames = Object.keys(zoo) as ModelName[];

/** What every network of the zoo understands, and the options of the network itself. */
export type ModelOptions<Name extends ModelName> = Partial<OptionValues<(typeof zoo)[Name]['options']>> & {
  /** Number of outputs. */
  readonly classes?: number;
  readonly inChannels?: number;
  /** Scheme of the starting values. */
  readonly init?: InitName;
  /** Channels, height and width of the images; what the network was made for unless given. */
  readonly input?: readonly [number, number, number];
};

/**
 * A network of the zoo.
 * @throws UsageError for an unknown name or option, or an option of the wrong type
 */
export function createModel<Name extends ModelName>(name: Name, options: ModelOptions<Name> = {}): Model {
  const row = findEntry(name);
  const { input, ...given } = options;
  const inChannels = given.inChannels ?? input?.[0] ?? row.input[0];
  const values = { classes: row.classes, inChannels, init: row.init, ...defaultsOf(row), ...given };
  checkOptions(name, values, { classes: 1, inChannels: 1, init: 'paddle', ...defaultsOf(row) });
  const [, height, width] = input ?? row.input;
  const network = row.build(values as BuildOptions<Entry['options']>);
  return {
    name,
    options: values,
    network,
    input: [inChannels, height, width],
    classes: values.classes,
    init: values.init,
  };
}

/** The row of a network, of any name. @throws UsageError with the nearest names if there is none */
export function findEntry(
  name: string,
): Entry & { build: (options: BuildOptions<Entry['options']>) => Module } {
  if (!Object.hasOwn(zoo, name)) throw unknownName('model', name, modelNames);
  return zoo[name as ModelName] as ReturnType<typeof findEntry>;
}

/** A model's options from `key=value` texts, each read as its option's type. */
export function parseModelOptions(name: string, texts: readonly string[]): Record<string, OptionValue> {
  const kinds = { classes: 1, inChannels: 1, init: 'paddle', ...defaultsOf(findEntry(name)) };
  return Object.fromEntries(
    texts.map((text) => {
      const [key, value] = splitOption(text);
      if (!Object.hasOwn(kinds, key)) throw unknownName(`option of ${name}`, key, Object.keys(kinds));
      return [key, parseValue(key, value, kinds[key as keyof typeof kinds])];
    }),
  );
}

function splitOption(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at <= 0) throw new UsageError(`"${text}" is no option; write it as key=value.`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function parseValue(key: string, text: string, like: OptionValue): OptionValue {
  if (typeof like === 'string') return text;
  const value: unknown = typeof like === 'boolean' ? { true: true, false: false }[text] : Number(text);
  if (value === undefined || Number.isNaN(value)) {
    throw new UsageError(
      `option ${key} takes ${typeof like === 'boolean' ? 'true or false' : 'a number'}, but got "${text}".`,
    );
  }
  return value as OptionValue;
}

function defaultsOf(row: Pick<Entry, 'options'>): Record<string, OptionValue> {
  return Object.fromEntries(Object.entries(row.options).map(([key, option]) => [key, option.default]));
}

function checkOptions(
  model: string,
  values: Record<string, unknown>,
  known: Record<string, OptionValue>,
): void {
  for (const [key, value] of Object.entries(values)) {
    if (!Object.hasOwn(known, key)) throw unknownName(`option of ${model}`, key, Object.keys(known));
    if (typeof value !== typeof known[key]) {
      throw new UsageError(
        `option ${key} of ${model} takes a ${typeof known[key]}, but got ${JSON.stringify(value)}.`,
      );
    }
  }
  for (const key of ['classes', 'inChannels']) {
    const value = values[key] as number;
    if (!Number.isInteger(value) || value < 1) {
      throw new UsageError(`option ${key} of ${model} takes a whole number from 1, but got ${value}.`);
    }
  }
  if (!initNames.includes(values.init as InitName)) throw unknownName('init', String(values.init), initNames);
}
