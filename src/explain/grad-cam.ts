// Grad-CAM: which positions of a layer's feature maps raise the score of a class.
// Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based localization", ICCV 2017.
//   weight_k = mean over positions of d logit / d map_k,  L = max(0, sum over k of weight_k map_k)
import type { FloatTensor } from '../tensor/tensor.ts';
import { featureMaps, type Map2d } from './map-2d.ts';

/**
 * The class activation map of the first image, `[H, W]`, not negative.
 * @param output of the layer, `[N, C, H, W]`
 * @param gradient of the class's logit with respect to the output, `[N, C, H, W]`
 */
export function gradCam(output: FloatTensor, gradient: FloatTensor): Map2d {
  const maps = featureMaps(output);
  const weights = featureMaps(gradient).map(({ data }) => mean(data));
  const { height, width } = maps[0];
  const data = Float32Array.from({ length: height * width }, (_, position) => {
    const sum = maps.reduce((total, map, k) => total + weights[k] * map.data[position], 0);
    return Math.max(0, sum);
  });
  return { height, width, data };
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
