import { test } from 'vitest';
import { expectPixels, pillow, sourceOf } from '../../test/pillow.ts';
import { adjustBrightness, adjustContrast, adjustHue, adjustSaturation } from './color.ts';

const adjustments = {
  brightness: adjustBrightness,
  contrast: adjustContrast,
  saturation: adjustSaturation,
  hue: adjustHue,
};

test.each(pillow.recolored)('$property $factor of $from gives the pixels of torchvision', (made) => {
  expectPixels(adjustments[made.property](sourceOf(made), made.factor), made);
});
