// fovea models: list the built-in networks.

import { formatInteger } from '../../base/text.ts';
import { summarize } from '../../diagnose/summary.ts';
import { builtInModels, createModel, modelNames } from '../../models/index.ts';
import { defineCommand } from '../command.ts';
import type { Output } from '../output.ts';
import { formatTable, numberColumns } from '../table.ts';

export const configure = defineCommand({
  help: '\nExample:\n  $ fovea models',
  run: runModels,
});

function runModels(_options: object, output: Output): void {
  const models = listModels();
  output.result(models, () => formatModels(models));
}

interface ModelRow {
  readonly name: string;
  readonly family: string;
  readonly description: string;
  readonly paper: string;
  /** [C, H, W] */
  readonly input: readonly number[];
  readonly classes: number;
  /** Trainable parameters with default options. */
  readonly params: number;
}

function listModels(): ModelRow[] {
  return modelNames.map((name) => {
    const { family, description, paper, input, classes } = builtInModels[name];
    const { params } = summarize(createModel(name)).totals;
    return { name, family, description, paper, input, classes, params };
  });
}

function formatModels(models: readonly ModelRow[]): string {
  const columns = ['model', 'input', ...numberColumns(['classes', 'parameters']), 'paper', 'description'];
  const rows = models.map(({ name, input, classes, params, paper, description }) => [
    name,
    input.join('x'),
    formatInteger(classes),
    formatInteger(params),
    paper,
    description,
  ]);
  return formatTable(columns, rows);
}
