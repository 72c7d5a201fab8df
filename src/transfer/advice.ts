// Explains why a weight file does not fit a model, and suggests a number of classes, options or a network that fits.
import type { TensorFile } from '../formats/index.ts';
import { createModel, findEntry, type ModelName, modelNames } from '../models/index.ts';
import type { Model, OptionValue } from '../nn/index.ts';
import { formatShape } from '../tensor/shape.ts';
import { findFit, misfitCount } from './fit.ts';
import type { WeightMapping } from './mapping.ts';

/** Files with more tensors fit no built-in network, and are not compared. */
const MAX_COMPARED = 2000;
const MAX_VARIANTS = 64;

/** Why the file does not fit, and what would fit; undefined if it fits. */
export function explainMisfit(file: TensorFile, model: Model, mapping: WeightMapping): string | undefined {
  if (misfitCount(mapping) === 0) return undefined;
  if (mapping.conflicts.length > 0) return conflictText(file, model, mapping);
  const { missing, unexpected, mismatched, assigned } = mapping;
  const shapes = mismatched.map(
    ({ name, expected, got }) => `${name} is ${formatShape(got)} instead of ${formatShape(expected)}`,
  );
  const unreadable = file.skipped.filter(({ name }) => missing.includes(name));
  const parts = [
    formatList(missing, 'missing'),
    formatList(
      unreadable.map(({ name, reason }) => `${name} ${reason}`),
      'unreadable',
    ),
    formatList(unexpected, 'unexpected'),
    formatList(shapes, 'of another shape'),
  ];
  const found = parts.filter((part) => part !== '').join('; ');
  return `${file.path}: ${assigned.length} of its tensors fit ${model.name}, but ${found}. ${adviceFor(file, model, mapping)}`;
}

function conflictText({ path }: TensorFile, { name }: Model, { conflicts }: WeightMapping): string {
  const pairs = conflicts.map(({ name: ours, source, reason }) => `${source} for ${ours}: ${reason}`);
  return (
    `${path}: none of its names is a parameter of ${name}. Its shapes are in the order of ${name}'s parameters, but ` +
    `${formatList(pairs, 'ambiguous', '; ')}. Rename its tensors as in \`fovea summary ${name}\`.`
  );
}

function formatList(items: readonly string[], what: string, separator = ', '): string {
  if (items.length === 0) return '';
  const shown = items.slice(0, 4).join(separator);
  return `${items.length} are ${what} (${shown}${items.length > 4 ? `${separator}...` : ''})`;
}

function adviceFor(file: TensorFile, model: Model, mapping: WeightMapping): string {
  const small = file.tensors.size <= MAX_COMPARED;
  const advice = [
    extentAdvice(model, mapping) ??
      (small ? variantAdvice(file, model, mapping) : undefined) ??
      (small ? nearestModel(file, model, mapping) : 'No built-in network fits it better.'),
  ];
  if (mapping.assigned.length > 0) {
    advice.push('To load only what fits and initialize the rest, allow a partial import (--partial).');
  }
  return advice.join(' ');
}

/** The number of classes or channels of the file, if nothing else differs. */
function extentAdvice(model: Model, mapping: WeightMapping): string | undefined {
  if (mapping.missing.length > 0 || mapping.unexpected.length > 0) return undefined;
  const classes = fileExtent(mapping, 0, model.classes);
  if (classes !== undefined) return `The file is for ${classes} classes: build the model with that many.`;
  const channels = fileExtent(mapping, 1, model.input[0]);
  if (channels === undefined) return undefined;
  return `The file is for images of ${channels} channel(s): build the model with --input ${[channels, ...model.input.slice(1)].join(',')}.`;
}

/** The size that all mismatched tensors have along an axis where the model has `ours`. */
function fileExtent({ mismatched }: WeightMapping, axis: number, ours: number): number | undefined {
  const extents = mismatched.map(({ expected, got }) => (expected[axis] === ours ? got[axis] : undefined));
  const [first] = extents;
  return first !== undefined && first !== ours && extents.every((extent) => extent === first)
    ? first
    : undefined;
}

/** Options with which the same network fits the file, except perhaps for the number of classes. */
function variantAdvice(file: TensorFile, model: Model, mapping: WeightMapping): string | undefined {
  const fitting = optionVariants(model)
    .map((options) => ({ options, mapping: mapVariant(model, options, file) }))
    .map((variant) => ({ ...variant, classes: fileExtent(variant.mapping, 0, model.classes) }))
    .filter(({ mapping: { missing, unexpected, mismatched }, classes }) =>
      [missing, unexpected, classes === undefined ? mismatched : []].every(({ length }) => length === 0),
    )
    .sort((a, b) => Object.keys(a.options).length - Object.keys(b.options).length);
  const [best] = fitting;
  if (!best || misfitCount(mapping) === 0) return undefined;
  const known = findEntry(model.name).options;
  const options = Object.entries(best.options).map(
    ([key, value]) => `--option ${key}=${value} (${known[key].description})`,
  );
  const classes = best.classes === undefined ? [] : [`--classes ${best.classes}`];
  return `It fits ${model.name} with ${[...options, ...classes].join(' and ')}.`;
}

/** Options that cannot be inferred from the file, because other values fit as well; a stride, for example, has no weights. */
export function ambiguousOptions(file: TensorFile, model: Model): string[] {
  const ambiguous = otherChoices(model)
    .filter(([key, value]) => misfitCount(mapVariant(model, { [key]: value }, file)) === 0)
    .map(([key]) => `${key}=${model.options[key]}`);
  return [...new Set(ambiguous)];
}

/** Combinations of option values that differ from the model's. */
function optionVariants(model: Model): Record<string, OptionValue>[] {
  const others = otherChoices(model);
  let variants: Record<string, OptionValue>[] = [{}];
  for (const [key, value] of others) {
    variants = [
      ...variants,
      ...variants.filter((set) => !(key in set)).map((set) => ({ ...set, [key]: value })),
    ];
  }
  return variants.slice(1, MAX_VARIANTS);
}

/** Other values of a built-in model's options, for options with a list of values. */
function otherChoices(model: Model): (readonly [string, OptionValue])[] {
  if (!(modelNames as readonly string[]).includes(model.name)) return [];
  return Object.entries(findEntry(model.name).options).flatMap(([key, { default: value, choices }]) => {
    const values = choices ?? (typeof value === 'boolean' ? [true, false] : []);
    return values.filter((choice) => choice !== model.options[key]).map((choice) => [key, choice] as const);
  });
}

function mapVariant(model: Model, options: Record<string, OptionValue>, file: TensorFile): WeightMapping {
  const { inChannels: _, ...given } = model.options;
  const built = createModel(model.name as ModelName, { ...given, ...options, input: model.input });
  return findFit(built, file).mapping;
}

/** The built-in model that the file fits best, if it fits better than `model`. */
function nearestModel(file: TensorFile, model: Model, mapping: WeightMapping): string {
  const candidates = modelNames.map((name) => {
    const fit = findFit(createModel(name, { classes: model.classes }), file).mapping;
    return { name, faults: misfitCount(fit), found: fit.assigned.length };
  });
  const best = candidates.reduce((a, b) => (b.faults < a.faults ? b : a));
  const fits = best.faults < misfitCount(mapping) && best.faults < best.found;
  return fits ? `${best.name} fits it better.` : 'No built-in network fits it better.';
}
