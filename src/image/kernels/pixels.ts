// The loops over pixels, in AssemblyScript: `npm run build` compiles them to WebAssembly with vector instructions. All of
// them may read and write up to 16 bytes beyond either end of their arrays.

/** Fractional bits of a weight (`resize.ts`), and the number of bits in its lower half. */
const WEIGHT_BITS: i32 = 22;
const LOW_BITS: i32 = 11;
const HALF: i32 = 1 << (WEIGHT_BITS - 1);
/** Bytes of the weights of two taps: lower halves, then upper halves, 16 bits each. */
const PAIR: usize = 8;

/** Sums of products with lower and upper halves of weights, rounded to integers. */
function rounded(low: v128, high: v128): v128 {
  return i32x4.shr_s(i32x4.add(low, i32x4.shl(high, LOW_BITS)), WEIGHT_BITS);
}

/** Integers clamped to 0 .. 255. */
function bytesOf(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}

/**
 * Weighted sums of neighboring pixels of every row.
 * @param stride bytes from one row of the source to the next
 * @param extent pixels of a row of the target
 * @param starts first pixel of the source for each of the target, 32 bits each
 * @param weights `[extent, pairs]`
 */
export function resampleColumns(
  source: usize,
  stride: usize,
  rows: i32,
  channels: i32,
  target: usize,
  extent: i32,
  starts: usize,
  weights: usize,
  pairs: i32,
): void {
  // A pair of pixels becomes red, red, green, green, blue, blue; or two grays. 16 bits each, and zeros.
  const order =
    channels === 3
      ? i8x16(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1)
      : i8x16(0, -1, 1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
  const pairBytes: usize = 2 * channels;
  for (let row = 0; row < rows; row++, source += stride) {
    let weight = weights;
    for (let x = 0; x < extent; x++, target += channels) {
      let from = source + load<i32>(starts + 4 * x) * channels;
      let low = i32x4.splat(HALF);
      let high = i32x4.splat(0);
      for (let pair = 0; pair < pairs; pair++, from += pairBytes, weight += PAIR) {
        const pixels = i8x16.swizzle(v128.load64_zero(from), order);
        low = i32x4.add(low, i32x4.dot_i16x8_s(pixels, v128.load32_splat(weight)));
        high = i32x4.add(high, i32x4.dot_i16x8_s(pixels, v128.load32_splat(weight, 4)));
      }
      const sum = rounded(low, high);
      v128.store32_lane(target, bytesOf(sum, sum, sum, sum), 0);
    }
  }
}

/**
 * Weighted sums of neighboring rows.
 * @param rowBytes of source and target
 * @param extent rows of the target
 * @param starts first row of the source for each of the target, 32 bits each
 * @param weights `[extent, pairs]`
 */
export function resampleRows(
  source: usize,
  rowBytes: i32,
  target: usize,
  extent: i32,
  starts: usize,
  weights: usize,
  pairs: i32,
): void {
  for (let row = 0; row < extent; row++, target += rowBytes, weights += PAIR * pairs) {
    const first = source + load<i32>(starts + 4 * row) * rowBytes;
    for (let at = 0; at < rowBytes; at += 16) {
      v128.store(target + at, resampleSixteen(first + at, rowBytes, weights, pairs));
    }
  }
}

/** Weighted sums of 16 neighboring bytes of a row with those of the rows below. */
function resampleSixteen(from: usize, rowBytes: i32, weight: usize, pairs: i32): v128 {
  let low0 = i32x4.splat(HALF);
  let low1 = low0;
  let low2 = low0;
  let low3 = low0;
  let high0 = i32x4.splat(0);
  let high1 = high0;
  let high2 = high0;
  let high3 = high0;
  for (let pair = 0; pair < pairs; pair++, from += 2 * rowBytes, weight += PAIR) {
    const upper = v128.load(from);
    const lower = v128.load(from + rowBytes);
    const left = i8x16.shuffle(upper, lower, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const right = i8x16.shuffle(upper, lower, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    const values0 = i16x8.extend_low_i8x16_u(left);
    const values1 = i16x8.extend_high_i8x16_u(left);
    const values2 = i16x8.extend_low_i8x16_u(right);
    const values3 = i16x8.extend_high_i8x16_u(right);
    const lowWeights = v128.load32_splat(weight);
    const highWeights = v128.load32_splat(weight, 4);
    low0 = i32x4.add(low0, i32x4.dot_i16x8_s(values0, lowWeights));
    low1 = i32x4.add(low1, i32x4.dot_i16x8_s(values1, lowWeights));
    low2 = i32x4.add(low2, i32x4.dot_i16x8_s(values2, lowWeights));
    low3 = i32x4.add(low3, i32x4.dot_i16x8_s(values3, lowWeights));
    high0 = i32x4.add(high0, i32x4.dot_i16x8_s(values0, highWeights));
    high1 = i32x4.add(high1, i32x4.dot_i16x8_s(values1, highWeights));
    high2 = i32x4.add(high2, i32x4.dot_i16x8_s(values2, highWeights));
    high3 = i32x4.add(high3, i32x4.dot_i16x8_s(values3, highWeights));
  }
  return bytesOf(rounded(low0, high0), rounded(low1, high1), rounded(low2, high2), rounded(low3, high3));
}

/** The image mirrored left to right. */
export function flipRows(source: usize, width: i32, height: i32, channels: i32, target: usize): void {
  // As many whole pixels as fit into 16 bytes, the last one first; the next step overwrites the rest.
  const step = channels === 3 ? 5 : 16;
  const order =
    channels === 3
      ? i8x16(13, 14, 15, 10, 11, 12, 7, 8, 9, 4, 5, 6, 1, 2, 3, -1)
      : i8x16(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  const rowBytes = width * channels;
  for (let row = 0; row < height; row++, source += rowBytes, target += rowBytes) {
    let from = source + rowBytes - 16;
    for (let x = 0, to = target; x < width; x += step, from -= step * channels, to += step * channels) {
      v128.store(to, i8x16.swizzle(v128.load(from), order));
    }
  }
}

/**
 * (pixel - mean) / std of one channel, rounded to 32 bits after each operation.
 * @param source the first of `count` values, `channels` bytes from one to the next
 */
export function normalize(
  source: usize,
  count: i32,
  channels: i32,
  mean: f32,
  std: f32,
  target: usize,
): void {
  const order =
    channels === 3
      ? i8x16(0, -1, -1, -1, 3, -1, -1, -1, 6, -1, -1, -1, 9, -1, -1, -1)
      : i8x16(0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1, 3, -1, -1, -1);
  const means = f32x4.splat(mean);
  const stds = f32x4.splat(std);
  for (let i = 0; i < count; i += 4, source += 4 * channels, target += 16) {
    const pixels = f32x4.convert_i32x4_u(i8x16.swizzle(v128.load(source), order));
    v128.store(target, f32x4.div(f32x4.sub(pixels, means), stds));
  }
}
