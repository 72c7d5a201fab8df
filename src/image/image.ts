// Decoded images.

/**
 * An image of 8-bit pixels: row by row from the top left, channels interleaved (`[H, W, C]`). One channel is grayscale, three
 * are RGB.
 */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** `height x width x channels` values, 0 .. 255. */
  readonly data: Uint8Array;
}
