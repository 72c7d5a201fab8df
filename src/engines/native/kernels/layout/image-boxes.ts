// Joining, cutting and padding of images, whose channels need not begin at the borders of blocks.
import { range } from '../../../../base/numbers.ts';
import { literal } from '../../compiler/c.ts';
import { code, initializerList, kernelFunction } from '../../compiler/code.ts';
import type { Kernel, Operand, Request } from '../../compiler/kernel.ts';
import { type ImageGeometry, imageGeometry } from '../../compiler/layout.ts';
import { firstLanes } from '../lanes.ts';
import { type Arrangement, type Box, leavesGaps } from './arrangement.ts';

/** Neighboring channels of a box that lie in one block of the input and in one block of the output. */
interface Piece {
  readonly box: number;
  readonly fromBlock: number;
  readonly fromLane: number;
  readonly lane: number;
  readonly length: number;
}

interface Boxes {
  readonly arrangement: Arrangement;
  readonly sources: readonly ImageGeometry[];
  readonly y: ImageGeometry;
  /** Of each block of the output. */
  readonly pieces: readonly (readonly Piece[])[];
}

/** Threads take planes of the output; tables say which pieces belong to each block of channels. */
export function imageBoxes({ inputs, outputs, target }: Request<object>, arrangement: Arrangement): Kernel {
  const [result] = outputs as [Operand];
  const geometryOf = ({ shape, layout }: Operand) => imageGeometry(shape, layout, target.lanes);
  const y = geometryOf(result);
  const sources = arrangement.boxes.map(({ input }) => geometryOf(inputs[input]));
  const pieces = range(y.blocks).map((block) => piecesOf(block, arrangement, sources, y));
  const boxes = { arrangement, sources, y, pieces };
  const filled = leavesGaps(arrangement, result.shape) || pieces.some((list) => lanesOf(list) < y.pixel);
  const body = code`
    CHUNK(${y.images * y.blocks}, first, end);
    for (long plane = first; plane < end; plane++) {
      const long image = plane / ${y.blocks}, block = plane % ${y.blocks};
      float *y_plane = y + ${y.origin} + plane * ${y.block}L;
      ${filled ? fillPlane(boxes) : ''}
      for (int p = NAME_first_piece[block]; p < NAME_first_piece[block + 1]; p++) {
        const short *piece = NAME_pieces[p];
        float *to = y_plane + piece[3];
        switch (piece[0]) {
          ${arrangement.boxes.map((_, box) => copyCase(box, boxes)).join('')}
        }
      }
    }
  `;
  const functions = [
    tables(pieces),
    arrangement.background === 0 ? '' : firstLanes(target),
    ...copyFunctions(boxes),
  ];
  const operands = [...inputs.map((_, i) => `const float *x${i}`), 'float *y'];
  return { code: `${functions.join('')}${kernelFunction(operands, body)}` };
}

function piecesOf(
  block: number,
  { boxes }: Arrangement,
  sources: readonly ImageGeometry[],
  y: ImageGeometry,
): Piece[] {
  const lanes = y.pixel;
  return boxes.flatMap(({ extents, from, to }, box) => {
    const [start, offset] = [to.starts[1], from.starts[1] - to.starts[1]];
    const pieces: Piece[] = [];
    let channel = Math.max(start, block * lanes);
    const end = Math.min(start + extents[1], (block + 1) * lanes);
    while (channel < end) {
      const source = channel + offset;
      const lane = channel % lanes;
      // Lanes beyond the last channel are zero on both sides, and are copied with the others.
      const atEnd = end === y.channels && end + offset === sources[box].channels && source % lanes === lane;
      const length = atEnd ? lanes - lane : Math.min(end - channel, lanes - (source % lanes));
      pieces.push({ box, fromBlock: Math.floor(source / lanes), fromLane: source % lanes, lane, length });
      channel += length;
    }
    return pieces;
  });
}

function lanesOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

/** `NAME_pieces`: box, block and lane in the input, lane in the output, length; `NAME_first_piece` of each block. */
function tables(pieces: Boxes['pieces']): string {
  const rows = pieces
    .flat()
    .map(
      ({ box, fromBlock, fromLane, lane, length }) =>
        `{${[box, fromBlock, fromLane, lane, length].join(', ')}}`,
    );
  const firsts = [...pieces, []].map((_, block) => pieces.slice(0, block).flat().length);
  return code`
    static const short NAME_pieces[][5] = ${initializerList(rows, 6)};
    static const short NAME_first_piece[] = ${initializerList(firsts)};
  `;
}

function fillPlane({ arrangement: { background }, y: { channels, height, width, row } }: Boxes): string {
  if (background === 0) {
    return `for (long i = 0; i < ${height}; i++) memset(y_plane + i * ${row}L, 0, ${width} * LANES * sizeof(float));`;
  }
  return code`
    const vec value = KEEP(NAME_first(${channels} - block * LANES), SPLAT(${literal(background)}));
    for (long i = 0; i < ${height}; i++) {
      for (long j = 0; j < ${width}; j++) STORE(y_plane + i * ${row}L + j * LANES, value);
    }
  `;
}

/** One case of the switch over boxes, with a constant length for each call. */
function copyCase(number: number, { arrangement, sources, y, pieces }: Boxes): string {
  const { input, extents, from, to } = arrangement.boxes[number] as Box;
  const source = sources[number];
  const corner = source.origin + from.starts[2] * source.row + from.starts[3] * source.pixel;
  const place = to.starts[2] * y.row + to.starts[3] * y.pixel;
  const [start, step] = [to.starts[0], to.steps[0]];
  const image = `(${from.starts[0]} + item * ${from.steps[0]})`;
  const lengths = [...new Set(pieces.flat().flatMap(({ box, length }) => (box === number ? [length] : [])))];
  const calls = lengths.map(
    (length) => `if (piece[4] == ${length}) NAME_copy${number}(from, to + ${place}, ${length});`,
  );
  const outside = `image < ${start} || (image - ${start}) % ${step} != 0 || item >= ${extents[0]}`;
  return code`
    case ${number}: {
      const long item = (image - ${start}) / ${step};
      ${extents[0] === y.images ? '' : `if (${outside}) break;`}
      const float *from = x${input} + ${corner} + ${image} * ${source.image}L + piece[1] * ${source.block}L + piece[2];
      ${calls.join('\nelse ')}
      break;
    }
  `;
}

/** `NAME_copy0`, ...: `length` lanes of every pixel of a box. */
function copyFunctions({ arrangement, sources, y }: Boxes): string[] {
  return arrangement.boxes.map(({ extents, from, to }, number) => {
    const source = sources[number];
    const [toRow, fromRow] = [y.row * to.steps[2], source.row * from.steps[2]];
    const [toPixel, fromPixel] = [y.pixel * to.steps[3], source.pixel * from.steps[3]];
    return code`
      static inline __attribute__((always_inline)) void NAME_copy${number}(const float *from, float *to, long length) {
        for (long i = 0; i < ${extents[2]}; i++) {
          for (long j = 0; j < ${extents[3]}; j++) {
            memcpy(to + i * ${toRow}L + j * ${toPixel}, from + i * ${fromRow}L + j * ${fromPixel}, length * sizeof(float));
          }
        }
      }
    `;
  });
}
