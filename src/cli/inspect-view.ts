// The result of `fovea inspect` as text.

import { formatPercent, visible } from '../base/text.ts';
import type { ClassPrediction } from '../evaluation/index.ts';
import type { InspectionResults } from '../explain/inspect.ts';
import type { LayerStatistics, ParameterNorms, UnitStatistics } from '../explain/unit-statistics.ts';
import { heading } from './output.ts';
import { formatTable, numberColumns } from './table.ts';

export interface InspectDocument extends InspectionResults {
  readonly image: string;
  readonly units: UnitStatistics;
  readonly files: readonly { readonly file: string; readonly about: string }[];
}

/** Long tables first, so that the predictions are visible at the end. */
export function formatInspection({ image, model, predictions, units, files }: InspectDocument): string {
  const { images, activations, parameters } = units;
  const over = images === 1 ? 'the image' : `${images} images`;
  return [
    heading(`Activations over ${over}`),
    formatActivations(activations),
    ...(parameters.some(({ gradient }) => gradient !== undefined)
      ? ['', heading('Norms of parameters and gradients'), formatNorms(parameters)]
      : []),
    '',
    heading(`${model} on ${image}`),
    ...formatClasses(predictions),
    '',
    formatTable(
      [{ title: 'file' }, { title: 'content' }],
      files.map(({ file, about }) => [file, about]),
    ),
  ].join('\n');
}

/** `   92.8%  cat`, one line per class */
export function formatClasses(predictions: readonly ClassPrediction[]): string[] {
  return predictions.map(
    ({ label, probability }) => `  ${formatPercent(probability).padStart(6)}  ${visible(label)}`,
  );
}

function formatActivations(activations: readonly LayerStatistics[]): string {
  const rows = activations.map(({ layer, op, units, mean, deviation, least, largest, zeros, dead }) => [
    layer,
    op,
    String(units),
    ...[mean, deviation, least, largest].map(digits),
    percent(zeros),
    percent(dead),
  ]);
  return formatTable(
    [
      { title: 'layer', cut: 'middle' },
      { title: 'operator', cut: 'middle', dispensable: true },
      ...numberColumns(['units', 'mean', 'std', 'min', 'max', 'zeros', 'dead units']),
    ],
    rows,
  );
}

function formatNorms(parameters: readonly ParameterNorms[]): string {
  const rows = parameters.map(({ name, weight, gradient }) => [
    name,
    digits(weight),
    ...(gradient === undefined ? ['', ''] : [digits(gradient), digits(gradient / weight)]),
  ]);
  const columns = numberColumns(['weight', 'gradient', 'ratio']);
  return formatTable([{ title: 'parameter', cut: 'middle' }, ...columns], rows);
}

function digits(value: number): string {
  return value.toPrecision(4);
}

function percent(fraction: number): string {
  return fraction === 0 ? '' : formatPercent(fraction);
}
