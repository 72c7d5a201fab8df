// The same values in another layout.

import { internal } from '../../../../base/errors.ts';
import { sizeOf } from '../../../../tensor/shape.ts';
import { code, kernelFunction } from '../../compiler/code.ts';
import type { Kernel, KernelRule, Operand, Request } from '../../compiler/kernel.ts';
import { formatLayout, type Layout, type LayoutKind, plain } from '../../compiler/layout.ts';
import { transformKernel } from '../convolution/winograd/transformed.ts';
import { identity, mapKernel } from '../elementwise/elementwise.ts';
import { clearByFirst } from '../lanes.ts';
import { type Image, readImage, runsOf, writtenImage } from '../rows.ts';
import { reorderBatch } from './reorder-batch.ts';
import { reorderFilter } from './reorder-filter.ts';

type Reordering = Request<object>;

/** The planner says which layouts; plain stands for whatever it chooses. */
export const reorderRule: KernelRule = {
  layouts: ({ inputs }) => ({ inputs: inputs.map(() => ({ kind: 'any' })), outputs: [plain] }),
  kernel: (request) => reorder(request),
};

function reorder(request: Reordering): Kernel {
  const [from, to] = [request.inputs[0].layout, request.outputs[0].layout];
  if (from.kind === to.kind && (from.kind === 'image' || from.kind === 'plain'))
    return mapKernel({ formulas: identity, ...request });
  if (from.kind === 'plain' && to.kind === 'image') return toImage(request);
  if (from.kind === 'image' && to.kind === 'plain') return fromImage(request);
  if (isPair('plain', 'batch', from, to)) return reorderBatch(request);
  if (from.kind === 'filter' && to.kind === 'winograd')
    return transformKernel(request.inputs[0], to, request.target);
  if (isFilterOrPlain(from) && isFilterOrPlain(to)) return reorderFilter(request);
  throw internal(`no reordering from ${formatLayout(from)} to ${formatLayout(to)}`);
}

function isFilterOrPlain({ kind }: Layout): boolean {
  return kind !== 'image' && kind !== 'batch' && kind !== 'winograd';
}

function isPair(one: LayoutKind, other: LayoutKind, { kind: a }: Layout, { kind: b }: Layout): boolean {
  return (a === one && b === other) || (a === other && b === one);
}

/** `[N, C]` as `[N, C, 1, 1]`. */
function rank4({ shape, ...operand }: Operand): Operand {
  return { ...operand, shape: [...shape, 1, 1].slice(0, 4) };
}

function toImage({ outputs, target }: Reordering): Kernel {
  const y = writtenImage('y', rank4(outputs[0]), target);
  const pixels = y.geometry.height * y.geometry.width;
  const fill =
    pixels === 1
      ? 'memcpy(y_run, x_run, channels * sizeof(float));'
      : code`
        for (long lane = 0; lane < channels; lane++) {
          for (long i = 0; i < ${runsOf([y]).pixels}; i++) y_run[i * LANES + lane] = x_run[lane * ${pixels}L + i];
        }
      `;
  const body = code`
    if (channels < LANES) memset(y_run, 0, ${runsOf([y]).pixels} * LANES * sizeof(float));
    ${fill}
  `;
  return {
    code: kernelFunction(['const float *x', 'float *y'], overRuns(y, 'float *y', 'const float *x', body)),
  };
}

function fromImage({ inputs: [x], outputs: [y], target }: Reordering): Kernel {
  const image = readImage('x', rank4(x), target);
  const pixels = image.geometry.height * image.geometry.width;
  const fill =
    pixels === 1
      ? 'memcpy(y_run, x_run, channels * sizeof(float));'
      : code`
        for (long lane = 0; lane < channels; lane++) {
          for (long i = 0; i < ${runsOf([image]).pixels}; i++) y_run[lane * ${pixels}L + i] = x_run[i * LANES + lane];
        }
      `;
  const clear = clearByFirst('y', sizeOf(y.shape), target);
  const body = code`
    ${overRuns(image, 'const float *x', 'float *y', fill)}
    ${clear}
  `;
  return { code: kernelFunction(['const float *x', 'float *y'], body) };
}

/**
 * Loops over the runs of pixels of an image, with `IMAGE_run` and its counterpart `PLAIN_run` in the first of the
 * block's channels, of which there are `channels`.
 */
function overRuns(image: Image, ofImage: string, ofPlain: string, body: string): string {
  const { images, blocks, channels, height, width, row, block, origin } = image.geometry;
  const { runs, pixels, rows } = runsOf([image]);
  const nameIn = (declaration: string) => declaration.slice(declaration.indexOf('*') + 1);
  return code`
    CHUNK(${images * blocks * runs}, first, end);
    for (long item = first; item < end; item++) {
      const long run = item % ${runs}, plane = item / ${runs};
      const long channel = plane % ${blocks} * LANES, image = plane / ${blocks};
      const long channels = ${channels} - channel < LANES ? ${channels} - channel : LANES;
      ${ofImage}_run = ${nameIn(ofImage)} + ${origin} + plane * ${block}L + run * ${row * rows}L;
      ${ofPlain}_run = ${nameIn(ofPlain)} + (image * ${channels} + channel) * ${height * width}L + run * ${pixels};
      ${body}
    }
  `;
}
