// Random rectangles inside an image.
import type { ImageSize, Region } from '../../image/region.ts';
import type { RandomSequence } from '../../tensor/random-sequence.ts';
import type { Range } from './fields.ts';

const ATTEMPTS = 10;

/**
 * A rectangle of random area and shape at a random place, as torchvision draws it; undefined if ten in a row do not fit.
 * @param area fraction of the image's area
 * @param ratio width divided by height, uniformly distributed in its logarithm
 */
export function drawRectangle(
  image: ImageSize,
  area: Range,
  ratio: Range,
  random: RandomSequence,
): Region | undefined {
  const logRatio: Range = [Math.log(ratio[0]), Math.log(ratio[1])];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const pixels = image.width * image.height * random.between(area);
    const shape = Math.exp(random.between(logRatio));
    const width = Math.round(Math.sqrt(pixels * shape));
    const height = Math.round(Math.sqrt(pixels / shape));
    if (width >= 1 && height >= 1 && width <= image.width && height <= image.height) {
      const top = random.integer(image.height - height + 1);
      const left = random.integer(image.width - width + 1);
      return { left, top, width, height };
    }
  }
  return undefined;
}
