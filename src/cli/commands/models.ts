// fovea models: list the built-in networks.

import type { Command } from 'commander';
import { formatInteger } from '../../base/text.ts';
import { summarize } from '../../diagnose/summary.ts';
import { builtInModels, createModel, modelNames } from '../../models/index.ts';
import { addOptions, jsonOption } from '../options.ts';
import { openOutput } from '../output.ts';
import { formatTable } from '../table.ts';

export function configure(command: Command): void {
  addOptions(command, jsonOption)
    .addHelpText('after', '\nExample:\n  $ fovea models')
    .action(({ json }: { readonly json?: boolean }) => {
      const models = listModels();
      openOutput(json).result(models, () => formatModels(models));
    });
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
  const columns = [
    { title: 'model' },
    { title: 'input' },
    { title: 'classes', align: 'right' },
    { title: 'parameters', align: 'right' },
    { title: 'paper' },
    { title: 'description' },
  ] as const;
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
