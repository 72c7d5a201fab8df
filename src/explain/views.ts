// What is seen inside a network, each thing as figures and as pictures.

import type { Checkpoint } from '../checkpoints/index.ts';
import { type ClassPrediction, checkFinite } from '../evaluation/index.ts';
import type { Image } from '../image/image.ts';
import type { Shape } from '../tensor/shape.ts';
import { type FloatTensor, floatTensor } from '../tensor/tensor.ts';
import { fileNameOf } from './classes.ts';
import { gradCam } from './grad-cam.ts';
import { filtersOf, hasMaps, type Layers } from './layers.ts';
import type { Occlusion, Square } from './occlusion.ts';
import { drawFeatureMaps } from './pictures/feature-maps.ts';
import { drawFilters } from './pictures/filters.ts';
import { drawMap, drawOverlay } from './pictures/heat-map.ts';
import { mapsOf, type Plane, rangeOf, rowsOf, unitsOf } from './plane.ts';

/** A picture with the name of its file and a line on what it shows. */
export interface NamedPicture {
  readonly name: string;
  readonly about: string;
  readonly picture: Image;
}

export interface View<Figures> {
  readonly figures: Figures;
  readonly pictures: readonly NamedPicture[];
}

/** What a network is looked at with. */
export interface Scene {
  readonly checkpoint: Checkpoint;
  readonly layers: Layers;
  /** What the network sees, before normalisation. */
  readonly pixels: Image;
}

export interface LayerFigures {
  readonly layer: string;
  /** `[C, H, W]`, or what else the layer gives for one picture. */
  readonly output: Shape;
  /** Least and largest number of each map, or of all units of a layer without maps. */
  readonly ranges: readonly (readonly [low: number, high: number])[];
  /** `[O, I, KH, KW]` of a convolution. */
  readonly filters?: Shape;
}

/** Numbers by rows from the top. */
type Rows = readonly (readonly number[])[];

export interface GradCamFigures extends ClassPrediction {
  readonly layer: string;
  /** `[H, W]` of the layer */
  readonly map: Rows;
}

export interface OcclusionFigures extends ClassPrediction, Square {
  readonly lefts: readonly number[];
  readonly tops: readonly number[];
  /** Drop of the probability with the square at each place: `[tops, lefts]`. */
  readonly drops: Rows;
}

/** The feature maps of a layer and, if it is a convolution, its filters. @param output for one picture */
export async function viewLayer(
  { checkpoint, layers }: Scene,
  layer: string,
  output: FloatTensor,
): Promise<View<LayerFigures>> {
  const node = layers.nodes.find(({ name }) => name === layer);
  const filters = node && checkpoint.weights.get(filtersOf(node) ?? '');
  const maps = {
    name: `features-${layer}.png`,
    about: `output of ${layer}, ${output.shape.slice(1).join(' x ')}`,
    picture: await drawFeatureMaps(layer, output),
  };
  const weights = filters && {
    name: `filters-${layer}.png`,
    about: `filters of ${layer}, ${filters.shape.join(' x ')}`,
    picture: await drawFilters(layer, filters),
  };
  return {
    figures: {
      layer,
      output: output.shape.slice(1),
      ranges: (hasMaps(output) ? mapsOf(output) : [unitsOf(output)]).map(({ data }) => rangeOf(data)),
      ...(filters && { filters: filters.shape }),
    },
    pictures: [maps, ...(weights ? [weights] : [])],
  };
}

/** Grad-CAM of a class at a layer. @param slope gradient of the class's logit with respect to the output */
export async function viewGradCam(
  { checkpoint, pixels }: Scene,
  layer: string,
  prediction: ClassPrediction,
  { output, slope }: { readonly output: FloatTensor; readonly slope: FloatTensor },
): Promise<View<GradCamFigures>> {
  const map = gradCam(output, slope);
  const name = `grad-cam-${layer}-${fileNameOf(checkpoint.classes, prediction.index)}`;
  const about = `Grad-CAM of ${inWords(prediction)} at ${layer}`;
  checkMap(checkpoint, map, about);
  return {
    figures: { layer, ...prediction, map: rowsOf(map) },
    pictures: [
      { name: `${name}.png`, about, picture: await drawOverlay(about, pixels, map) },
      { name: `${name}-map.png`, about: `${about}, the map alone`, picture: await drawMap(about, map) },
    ],
  };
}

/** How a class depends on each part of the picture. */
export async function viewOcclusion(
  { checkpoint, pixels }: Scene,
  prediction: ClassPrediction,
  square: Square,
  { lefts, tops, drops, cover }: Occlusion,
): Promise<View<OcclusionFigures>> {
  const about = `Drop of ${inWords(prediction)} under a grey square of ${square.side} pixels`;
  checkMap(checkpoint, drops, about);
  return {
    figures: { ...prediction, ...square, lefts, tops, drops: rowsOf(drops) },
    pictures: [
      {
        name: `occlusion-${fileNameOf(checkpoint.classes, prediction.index)}.png`,
        about,
        picture: await drawOverlay(about, pixels, cover),
      },
    ],
  };
}

/** @throws DataError if a value of a map is not finite */
function checkMap(checkpoint: Checkpoint, { data }: Plane, about: string): void {
  checkFinite(checkpoint, floatTensor([1, data.length], data), () => about);
}

/** `Samoyed (92.8 %)` */
function inWords({ label, probability }: ClassPrediction): string {
  return `${label} (${(100 * probability).toFixed(1)} %)`;
}
