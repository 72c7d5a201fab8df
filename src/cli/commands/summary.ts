// fovea summary: the layers of a network and what they cost.

import type { Command } from 'commander';
import { formatBytes } from '../../base/text.ts';
import type { MemoryEstimate } from '../../diagnose/memory.ts';
import { type LayerSummary, type Summary, type SummaryTotals, summarize } from '../../diagnose/summary.ts';
import {
  buildModel,
  type InputShape,
  imageOf,
  inputShape,
  type JsonOptions,
  type ModelChoice,
  withJson,
  withModelOptions,
} from '../options.ts';
import { heading, openOutput } from '../output.ts';
import { formatTable, grouped } from '../table.ts';

interface SummaryOptions extends ModelChoice, JsonOptions {
  readonly input?: InputShape;
}

export function configure(command: Command): void {
  command
    .argument('<model>', 'name of a network, see `fovea models`')
    .option(
      '--input <N,C,H,W>',
      'batch, channels, height, width (default: one image as the network takes it)',
      inputShape,
    );
  withJson(withModelOptions(command))
    .addHelpText(
      'after',
      '\nA receptive field can be larger than the picture: padding counts.\n\nExample:\n' +
        '  $ fovea summary resnet18 --input 1,1,32,32 --classes 10 --option stemBias=true',
    )
    .action((name: string, { input, json, ...choice }: SummaryOptions) => {
      const summary = summarize(buildModel(name, choice, input && imageOf(input)), input?.[0]);
      openOutput(json).result(summary, () => formatSummary(summary));
    });
}

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
  const auxiliary = totals.trainingOnly > 0 ? `, ${grouped(totals.trainingOnly)} in training only` : '';
  return [
    `parameters           ${grouped(totals.params)} (${grouped(totals.trainable)} trainable${auxiliary})`,
    `running statistics   ${grouped(totals.buffers)}`,
    `multiply-adds        ${grouped(totals.macs)} = ${grouped(totals.flops)} FLOPs`,
    `bias, normalisation  ${grouped(totals.biasAdds)}, ${grouped(totals.normOps)} operations`,
    `as Paddle counts     ${grouped(paddle.total)} parameters, ${grouped(paddle.flops)} operations`,
    `                     (${grouped(paddle.trainable)} parameters trainable, ${grouped(paddle.nonTrainable)} not)`,
  ];
}

function formatMemory(memory: MemoryEstimate, batchSize: number): string[] {
  const { parameters, buffers, gradients, optimizer, activations, total } = memory;
  return [
    `memory to train      ${formatBytes(total)} for ${batchSize} image${batchSize > 1 ? 's' : ''}: weights ${formatBytes(parameters + buffers)},`,
    `                     gradients ${formatBytes(gradients)}, momentum ${formatBytes(optimizer)}, activations ${formatBytes(activations)}`,
  ];
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
    { title: 'sees', align: 'right' },
  ] as const;
  const rows = layers.map(({ name, op, inputs, output, params, buffers, macs, receptiveField }) => [
    name,
    op,
    inputs.map((shape) => shape.join('x')).join(' + '),
    output.join('x'),
    grouped(params),
    buffers > 0 ? grouped(buffers) : '',
    grouped(macs),
    receptiveField?.join('x') ?? '',
  ]);
  return formatTable(columns, rows);
}
