// Between row-major tensors of the host and the layouts of the native engine.
import { internal } from '../../../base/errors.ts';
import { type Shape, sizeOf } from '../../../tensor/shape.ts';
import { blocksOf, formatLayout, imageGeometry, type Layout } from './layout.ts';

/** Copies row-major `values` into `storage`; what belongs to no element is left as it is. */
export function pack(
  values: Float32Array,
  shape: Shape,
  layout: Layout,
  lanes: number,
  storage: Float32Array,
): void {
  forEachRun(shape, layout, lanes, (from, to, count, step) => {
    for (let i = 0; i < count; i++) storage[to + i * step] = values[from + i];
  });
}

/** The row-major values of a tensor that lies in `storage`. */
export function unpack(
  storage: Float32Array,
  shape: Shape,
  layout: Layout,
  lanes: number,
): Float32Array<ArrayBuffer> {
  const values = new Float32Array(sizeOf(shape));
  forEachRun(shape, layout, lanes, (from, to, count, step) => {
    for (let i = 0; i < count; i++) values[from + i] = storage[to + i * step];
  });
  return values;
}

/** Calls `visit` for runs of neighbours in row-major order: `count` from place `from` lie at `to`, `to + step`, ... */
type Visit = (from: number, to: number, count: number, step: number) => void;

function forEachRun(shape: Shape, layout: Layout, lanes: number, visit: Visit): void {
  if (layout.kind === 'plain') visit(0, 0, sizeOf(shape), 1);
  else if (layout.kind === 'image') forEachRow(shape, layout, lanes, visit);
  else if (layout.kind === 'batch') forEachImage(shape, lanes, visit);
  else if (layout.kind === 'filter') forEachFilter(shape, lanes * layout.vectors, lanes, visit);
  else if (layout.kind === 'depthwise') forEachDepthwiseFilter(shape, lanes, visit);
  else throw internal(`values do not lie one by one in layout ${formatLayout(layout)}`);
}

function forEachRow(shape: Shape, layout: Layout, lanes: number, visit: Visit): void {
  const { images, channels, height, width, image, block, row, pixel, origin } = imageGeometry(
    shape,
    layout,
    lanes,
  );
  let from = 0;
  for (let n = 0; n < images; n++) {
    for (let c = 0; c < channels; c++) {
      const plane = n * image + Math.floor(c / lanes) * block + origin + (c % lanes);
      for (let y = 0; y < height; y++, from += width) visit(from, plane + y * row, width, pixel);
    }
  }
}

/** `[N, C, H, W]` as `[N / lanes][C H W][lanes]` */
function forEachImage([images, ...extents]: Shape, lanes: number, visit: Visit): void {
  const size = sizeOf(extents);
  for (let n = 0; n < images; n++) {
    visit(n * size, Math.floor(n / lanes) * size * lanes + (n % lanes), size, lanes);
  }
}

/** `[K, C, U, V]` as `[K / wide][C / lanes][U V][lanes][wide]` */
function forEachFilter(shape: Shape, wide: number, lanes: number, visit: Visit): void {
  const [outputs, inputs, height, width] = shape as readonly [number, number, number, number];
  const taps = height * width;
  const inputBlocks = blocksOf(inputs, lanes);
  // Without taps to run over, it runs over the inputs of a block.
  const [inputStep, step] = taps === 1 ? [lanes, wide] : [1, lanes * wide];
  for (let k = 0; k < outputs; k++) {
    for (let c = 0; c < inputs; c += inputStep) {
      const block = Math.floor(k / wide) * inputBlocks + Math.floor(c / lanes);
      const to = block * taps * lanes * wide + (c % lanes) * wide + (k % wide);
      const count = taps === 1 ? Math.min(lanes, inputs - c) : taps;
      visit((k * inputs + c) * taps, to, count, step);
    }
  }
}

/** `[C, 1, U, V]` as `[C / lanes][U V][lanes]` */
function forEachDepthwiseFilter(shape: Shape, lanes: number, visit: Visit): void {
  const taps = shape[2] * shape[3];
  for (let c = 0; c < shape[0]; c++) {
    visit(c * taps, Math.floor(c / lanes) * taps * lanes + (c % lanes), taps, lanes);
  }
}
