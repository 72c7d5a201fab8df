// Pixels on the host.

/** 8-bit pixels, row by row from the top left, channels interleaved (`[H, W, C]`); 1 channel is gray, 3 are RGB. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}
