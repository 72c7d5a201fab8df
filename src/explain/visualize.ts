// Feature maps, filters, Grad-CAM and occlusion maps as numbers and as images.

import { formatPercent } from '../base/text.ts';
import type { Checkpoint } from '../checkpoints/index.ts';
import { type ClassPrediction, checkFinite } from '../evaluation/index.ts';
import type { Image } from '../image/image.ts';
import type { Shape } from '../tensor/shape.ts';
import { type FloatTensor, floatTensor } from '../tensor/tensor.ts';
import { classFileName } from './classes.ts';
import { drawFeatureMaps } from './drawing/feature-maps.ts';
import { drawFilters } from './drawing/filters.ts';
import { drawMap, drawOverlay } from './drawing/heat-map.ts';
import { gradCam } from './grad-cam.ts';
import { filterName, isSpatial, type Layers } from './layers.ts';
import { featureMaps, type Map2d, range, toRows, unitGrid } from './map-2d.ts';
import type { Occlusion, OcclusionWindow } from './occlusion.ts';

/** An image with the name of its file and a line on what it shows. */
export interface NamedImage {
  readonly name: string;
  readonly description: string;
  readonly image: Image;
}

/** Numeric results, and images of them. */
export interface Visualization<Results> {
  readonly results: Results;
  readonly images: readonly NamedImage[];
}

/** The network and the image that are inspected. */
export interface ImageContext {
  readonly checkpoint: Checkpoint;
  readonly layers: Layers;
  /** The image after preprocessing, except for normalization. */
  readonly pixels: Image;
}

export interface LayerResult {
  readonly layer: string;
  /** Shape of the layer's output for one image: `[C, H, W]`, or `[units]`. */
  readonly output: Shape;
  /** Minimum and maximum of each feature map, or of all units of a layer without feature maps. */
  readonly ranges: readonly (readonly [low: number, high: number])[];
  /** Shape of the weights of a convolution: `[O, I, KH, KW]`. */
  readonly filters?: Shape;
}

/** Numbers row by row, from the top. */
type Rows = readonly (readonly number[])[];

export interface GradCamResult extends ClassPrediction {
  readonly layer: string;
  /** `[H, W]` of the layer's output. */
  readonly map: Rows;
}

export interface OcclusionResult extends ClassPrediction, OcclusionWindow {
  /** Left edges of the squares, in pixels. */
  readonly lefts: readonly number[];
  /** Top edges of the squares, in pixels. */
  readonly tops: readonly number[];
  /** Drop in the class's probability with the square at each position: `[tops, lefts]`. */
  readonly drops: Rows;
}

/** The feature maps of a layer and, if it is a convolution, its filters. @param output `[1, C, H, W]` or `[1, units]` */
export async function visualizeLayer(
  { checkpoint, layers }: ImageContext,
  layer: string,
  output: FloatTensor,
): Promise<Visualization<LayerResult>> {
  const node = layers.nodes.find(({ name }) => name === layer);
  const filters = node && checkpoint.weights.get(filterName(node) ?? '');
  const shape = output.shape.slice(1);
  const spatial = isSpatial(output);
  const maps = {
    name: `features-${layer}.png`,
    description: `${spatial ? 'feature maps' : 'outputs'} of ${layer}, ${shape.join(' x ')}`,
    image: await drawFeatureMaps(layer, output),
  };
  const weights = filters && {
    name: `filters-${layer}.png`,
    description: `filters of ${layer}, ${filters.shape.join(' x ')}`,
    image: await drawFilters(layer, filters),
  };
  return {
    results: {
      layer,
      output: shape,
      ranges: (spatial ? featureMaps(output) : [unitGrid(output)]).map(({ data }) => range(data)),
      ...(filters && { filters: filters.shape }),
    },
    images: [maps, ...(weights ? [weights] : [])],
  };
}

/** Grad-CAM of a class at a layer. @param gradient of the class's logit with respect to the output, `[1, C, H, W]` */
export async function visualizeGradCam(
  { checkpoint, pixels }: ImageContext,
  layer: string,
  prediction: ClassPrediction,
  { output, gradient }: { readonly output: FloatTensor; readonly gradient: FloatTensor },
): Promise<Visualization<GradCamResult>> {
  const map = gradCam(output, gradient);
  const name = `grad-cam-${layer}-${classFileName(checkpoint.classes, prediction.index)}`;
  const title = `Grad-CAM for ${formatPrediction(prediction)} at ${layer}`;
  checkMap(checkpoint, map, title);
  return {
    results: { layer, ...prediction, map: toRows(map) },
    images: [
      { name: `${name}.png`, description: title, image: await drawOverlay(title, pixels, map) },
      { name: `${name}-map.png`, description: `${title}, map only`, image: await drawMap(title, map) },
    ],
  };
}

/** Occlusion map of a class. */
export async function visualizeOcclusion(
  { checkpoint, pixels }: ImageContext,
  prediction: ClassPrediction,
  window: OcclusionWindow,
  { lefts, tops, drops, meanDrops }: Occlusion,
): Promise<Visualization<OcclusionResult>> {
  const { side } = window;
  const title = `Occlusion for ${formatPrediction(prediction)}: probability drop under a ${side} x ${side} square`;
  checkMap(checkpoint, drops, title);
  return {
    results: { ...prediction, ...window, lefts, tops, drops: toRows(drops) },
    images: [
      {
        name: `occlusion-${classFileName(checkpoint.classes, prediction.index)}.png`,
        description: title,
        image: await drawOverlay(title, pixels, meanDrops),
      },
    ],
  };
}

/** @throws DataError if a value of the map is not finite */
function checkMap(checkpoint: Checkpoint, { data }: Map2d, title: string): void {
  checkFinite(checkpoint, floatTensor([1, data.length], data), () => title);
}

/** `Samoyed (92.8%)` */
function formatPrediction({ label, probability }: ClassPrediction): string {
  return `${label} (${formatPercent(probability)})`;
}
