// fovea summary: the layers of a network and what they cost.
import { Command } from 'commander';
import { type LayerSummary, type Summary, summarize } from '../../inspect/summary.ts';
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

export function summaryCommand(): Command {
  const command = new Command('summary')
    .description('show the layers of a network: shapes, parameters, operations, receptive field')
    .argument('<model>', 'name of a network, see `fovea models`')
    .option(
      '--input <N,C,H,W>',
      'batch, channels, height, width (default: one image as the network takes it)',
      inputShape,
    );
  return withJson(withModelOptions(command))
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
  const { paddle } = totals;
  return [
    `${heading(model)}, input ${input.join('x')}`,
    '',
    formatLayers(layers),
    '',
    `parameters   ${grouped(totals.params)} (${grouped(totals.trainable)} trainable), ` +
      `running statistics ${grouped(totals.buffers)}`,
    `arithmetic   ${grouped(totals.macs)} multiply-adds = ${grouped(totals.flops)} FLOPs; ` +
      `bias ${grouped(totals.biasAdds)}, normalisation ${grouped(totals.normOps)}`,
    `as Paddle counts   ${grouped(paddle.total)} parameters (${grouped(paddle.trainable)} trainable, ` +
      `${grouped(paddle.nonTrainable)} not), ${grouped(paddle.flops)} operations`,
  ].join('\n');
}

function formatLayers(layers: readonly LayerSummary[]): string {
  const columns = [
    { title: 'layer' },
    { title: 'operator' },
    { title: 'input' },
    { title: 'output' },
    { title: 'parameters', align: 'right' },
    { title: 'multiply-adds', align: 'right' },
    { title: 'sees', align: 'right' },
  ] as const;
  const rows = layers.map(({ name, op, inputs, output, params, buffers, macs, receptiveField }) => [
    name,
    op,
    inputs.map((shape) => shape.join('x')).join(' + '),
    output.join('x'),
    buffers > 0 ? `${grouped(params)} + ${grouped(buffers)}` : grouped(params),
    grouped(macs),
    receptiveField?.join('x') ?? '',
  ]);
  return formatTable(columns, rows);
}
