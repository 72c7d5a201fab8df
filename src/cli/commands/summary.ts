// fovea summary: the layers of a network and their cost.

import type { Command } from 'commander';
import type { OptionTable, SettledOf } from '../../base/option.ts';
import { formatCount, formatInteger } from '../../base/text.ts';
import type { MemoryEstimate } from '../../diagnose/memory.ts';
import { type LayerSummary, type Summary, type SummaryTotals, summarize } from '../../diagnose/summary.ts';
import { modelOptions } from '../../recipe/options.ts';
import { addOptions, buildModel, imageOf, inputOption, jsonOption, MODEL_ARGUMENT } from '../options.ts';
import { heading, openOutput } from '../output.ts';
import { formatTable } from '../table.ts';

const options = { ...inputOption, ...modelOptions, ...jsonOption } as const satisfies OptionTable;

export function configure(command: Command): void {
  command.argument(...MODEL_ARGUMENT);
  addOptions(command, options)
    .addHelpText('after', furtherHelp)
    .action((name: string, { input, json, ...choice }: SettledOf<typeof options>) => {
      const summary = summarize(buildModel(name, choice, input && imageOf(input)), input?.[0]);
      openOutput(json).result(summary, () => formatSummary(summary));
    });
}

const furtherHelp = `
A receptive field can be larger than the image, because padding counts.

Example:
  $ fovea summary resnet18 --input 1,1,32,32 --classes 10 --option stemBias=true`;

function formatSummary({ model, input, layers, totals }: Summary): string {
  return [
    `${heading(model)}, input ${input.join('x')}`,
    '',
    formatLayers(layers),
    '',
    ...formatTotals(totals),
    ...formatMemory(totals.memory, input[0]),
  ].join('\n');
}

function formatTotals({ paddle, ...totals }: SummaryTotals): string[] {
  const auxiliary = totals.trainingOnly > 0 ? `, ${formatInteger(totals.trainingOnly)} in training only` : '';
  return [
    `parameters           ${formatInteger(totals.params)} (${formatInteger(totals.trainable)} trainable${auxiliary})`,
    `running statistics   ${formatInteger(totals.buffers)}`,
    `multiply-adds        ${formatInteger(totals.macs)} = ${formatInteger(totals.flops)} FLOPs`,
    `bias, normalization  ${formatInteger(totals.biasAdds)}, ${formatInteger(totals.normOps)} operations`,
    `by Paddle's rules    ${formatInteger(paddle.total)} parameters, ${formatInteger(paddle.flops)} operations`,
    `                     (${formatInteger(paddle.trainable)} parameters trainable, ${formatInteger(paddle.nonTrainable)} not)`,
  ];
}

function formatMemory(memory: MemoryEstimate, batchSize: number): string[] {
  const { parameters, buffers, gradients, optimizer, activations, total } = memory;
  return [
    `memory to train      ${megabytes(total)} for ${formatCount(batchSize, 'image')}: weights ${megabytes(parameters + buffers)},`,
    `                     gradients ${megabytes(gradients)}, momentum ${megabytes(optimizer)}, activations ${megabytes(activations)}`,
  ];
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function formatLayers(layers: readonly LayerSummary[]): string {
  const columns = [
    { title: 'layer', cut: 'middle' },
    { title: 'operator', cut: 'middle' },
    { title: 'input', dispensable: true },
    { title: 'output' },
    { title: 'parameters', align: 'right' },
    { title: 'statistics', align: 'right', dispensable: true },
    { title: 'multiply-adds', align: 'right' },
    { title: 'receptive field', align: 'right' },
  ] as const;
  const rows = layers.map(({ name, op, inputs, output, params, buffers, macs, receptiveField }) => [
    name,
    op,
    inputs.map((shape) => shape.join('x')).join(' + '),
    output.join('x'),
    formatInteger(params),
    buffers > 0 ? formatInteger(buffers) : '',
    formatInteger(macs),
    receptiveField?.join('x') ?? '',
  ]);
  return formatTable(columns, rows);
}
