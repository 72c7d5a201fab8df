// Collects images into one tensor.

import { internal, ShapeError, UsageError } from '../../base/errors.ts';
import type { Image } from '../../image/image.ts';
import { formatShape, sameShape, sizeOf } from '../../tensor/shape.ts';
import { type FloatTensor, floatTensor } from '../../tensor/tensor.ts';
import { Preprocessor, shapeOf } from '../transforms/preprocessor.ts';
import type { ImageShape } from '../transforms/rule.ts';
import type { Preprocessing } from '../transforms/transforms.ts';

/** Allocates an array of this length, new or reused; its content does not matter. */
export type Allocate = (length: number) => Float32Array;

/** Collects preprocessed images of one shape, in any order, into `[N, C, H, W]`. */
export class BatchWriter {
  private readonly preprocessor: Preprocessor;
  private readonly count: number;
  private readonly allocate: Allocate;
  private shape: ImageShape | undefined;
  private data: Float32Array = new Float32Array(0);

  /** @param count number of images */
  constructor(
    preprocessor: Preprocessor,
    count: number,
    allocate: Allocate = (length) => new Float32Array(length),
  ) {
    this.preprocessor = preprocessor;
    this.count = count;
    this.allocate = allocate;
  }

  /**
   * Writes normalized pixels into place `slot`.
   * @throws ShapeError if their shape differs from that of previous images
   */
  write(slot: number, pixels: Image): void {
    const shape = shapeOf(pixels);
    if (this.shape === undefined) {
      this.shape = shape;
      this.data = this.allocate(this.count * sizeOf(shape));
    } else if (!sameShape(shape, this.shape)) {
      throw new ShapeError(
        `the image is ${formatShape(shape)} after preprocessing, but others of its batch are ` +
          `${formatShape(this.shape)}; put { transform: 'resize', size: [H, W] } and { transform: 'channels' } ` +
          'into the preprocessing.',
      );
    }
    this.preprocessor.write(pixels, this.data, slot * sizeOf(shape));
  }

  /** The batch `[N, C, H, W]`, after all images were written. */
  finish(): FloatTensor {
    if (this.shape === undefined) throw internal('a batch without any image written');
    return floatTensor([this.count, ...this.shape], this.data);
  }
}

/**
 * Preprocesses images into one batch `[N, C, H, W]` for a prediction.
 * @throws UsageError if there is no image
 * @throws ShapeError if they differ in shape after preprocessing
 */
export function stackImages(images: readonly Image[], preprocessing: Preprocessing): FloatTensor {
  if (images.length === 0) throw new UsageError('a batch must have at least one image, got none.');
  const preprocessor = new Preprocessor(preprocessing);
  const writer = new BatchWriter(preprocessor, images.length);
  for (const [slot, image] of images.entries()) writer.write(slot, preprocessor.pixels(image));
  return writer.finish();
}
