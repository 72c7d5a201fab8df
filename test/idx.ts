// IDX files made by a formula, for tests.
import { gzipSync } from 'node:zlib';

/** The bytes of an IDX file of unsigned bytes. */
export function idxBytes(shape: readonly number[], data: Iterable<number>): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  for (const [axis, extent] of shape.entries()) header.writeUInt32BE(extent, 4 + 4 * axis);
  return Buffer.concat([header, Buffer.from([...data])]);
}

/** `count` images of 2x2, image i filled with i, gzipped. */
export function idxImages(count: number): Buffer {
  return gzipSync(
    idxBytes(
      [count, 2, 2],
      Array.from({ length: 4 * count }, (_, i) => Math.floor(i / 4) % 256),
    ),
  );
}

/** `count` labels, label i is i modulo 10, gzipped. */
export function idxLabels(count: number): Buffer {
  return gzipSync(
    idxBytes(
      [count],
      Array.from({ length: count }, (_, i) => i % 10),
    ),
  );
}
