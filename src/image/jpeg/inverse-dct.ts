// The inverse discrete cosine transform of 8x8 blocks, with the integers of libjpeg's `jpeg_idct_islow`
// (Loeffler, Ligtenberg and Moschytz 1989), so that samples are the same to the last bit.

const { imul } = Math;
const work = new Int32Array(64);

/** A block of samples from its coefficients (natural order), which become 0. */
export function inverseDct(
  block: Int32Array,
  target: Uint8ClampedArray,
  offset: number,
  stride: number,
): void {
  for (let column = 0; column < 8; column++) transformColumn(block, column);
  block.fill(0);
  for (let row = 0; row < 8; row++) transformRow(8 * row, target, offset + row * stride);
}

/** A block of one value: what the transform gives when only the first coefficient is not 0. */
export function fillBlock(first: number, target: Uint8ClampedArray, offset: number, stride: number): void {
  const value = ((4 * first + 16) >> 5) + 128;
  for (let row = 0; row < 8; row++) target.fill(value, offset + row * stride, offset + row * stride + 8);
}

/** Fixed point with 13 bits; what is left for the rows has 2 bits more than the coefficients. */
function transformColumn(block: Int32Array, at: number): void {
  const in0 = block[at]!;
  const in1 = block[at + 8]!;
  const in2 = block[at + 16]!;
  const in3 = block[at + 24]!;
  const in4 = block[at + 32]!;
  const in5 = block[at + 40]!;
  const in6 = block[at + 48]!;
  const in7 = block[at + 56]!;
  if ((in1 | in2 | in3 | in4 | in5 | in6 | in7) === 0) {
    for (let to = at; to < 64; to += 8) work[to] = in0 << 2;
    return;
  }
  const turned = imul(in2 + in6, 4433);
  const even2 = turned - imul(in6, 15137);
  const even3 = turned + imul(in2, 6270);
  const even0 = ((in0 + in4) << 13) + 1024;
  const even1 = ((in0 - in4) << 13) + 1024;
  const sum = imul(in7 + in3 + in5 + in1, 9633);
  const z1 = imul(in7 + in1, -7373);
  const z2 = imul(in5 + in3, -20995);
  const z3 = imul(in7 + in3, -16069) + sum;
  const z4 = imul(in5 + in1, -3196) + sum;
  const odd0 = imul(in7, 2446) + z1 + z3;
  const odd1 = imul(in5, 16819) + z2 + z4;
  const odd2 = imul(in3, 25172) + z2 + z3;
  const odd3 = imul(in1, 12299) + z1 + z4;
  work[at] = (even0 + even3 + odd3) >> 11;
  work[at + 56] = (even0 + even3 - odd3) >> 11;
  work[at + 8] = (even1 + even2 + odd2) >> 11;
  work[at + 48] = (even1 + even2 - odd2) >> 11;
  work[at + 16] = (even1 - even2 + odd1) >> 11;
  work[at + 40] = (even1 - even2 - odd1) >> 11;
  work[at + 24] = (even0 - even3 + odd0) >> 11;
  work[at + 32] = (even0 - even3 - odd0) >> 11;
}

/** The same along a row of `work`, rounded to samples about 128. */
function transformRow(at: number, target: Uint8ClampedArray, to: number): void {
  const in0 = work[at]!;
  const in1 = work[at + 1]!;
  const in2 = work[at + 2]!;
  const in3 = work[at + 3]!;
  const in4 = work[at + 4]!;
  const in5 = work[at + 5]!;
  const in6 = work[at + 6]!;
  const in7 = work[at + 7]!;
  const turned = imul(in2 + in6, 4433);
  const even2 = turned - imul(in6, 15137);
  const even3 = turned + imul(in2, 6270);
  const even0 = ((in0 + in4) << 13) + ROW_BIAS;
  const even1 = ((in0 - in4) << 13) + ROW_BIAS;
  const sum = imul(in7 + in3 + in5 + in1, 9633);
  const z1 = imul(in7 + in1, -7373);
  const z2 = imul(in5 + in3, -20995);
  const z3 = imul(in7 + in3, -16069) + sum;
  const z4 = imul(in5 + in1, -3196) + sum;
  const odd0 = imul(in7, 2446) + z1 + z3;
  const odd1 = imul(in5, 16819) + z2 + z4;
  const odd2 = imul(in3, 25172) + z2 + z3;
  const odd3 = imul(in1, 12299) + z1 + z4;
  target[to] = (even0 + even3 + odd3) >> 18;
  target[to + 7] = (even0 + even3 - odd3) >> 18;
  target[to + 1] = (even1 + even2 + odd2) >> 18;
  target[to + 6] = (even1 + even2 - odd2) >> 18;
  target[to + 2] = (even1 - even2 + odd1) >> 18;
  target[to + 5] = (even1 - even2 - odd1) >> 18;
  target[to + 3] = (even0 - even3 + odd0) >> 18;
  target[to + 4] = (even0 - even3 - odd0) >> 18;
}

/** Half of a unit, for rounding, and 128, about which samples lie. */
const ROW_BIAS = (1 << 17) + (128 << 18);
