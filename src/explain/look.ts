// Looking inside a network while it sees a picture: what it predicts, what its layers make of the picture, and why.

import { DataError } from '../base/errors.ts';
import type { Checkpoint } from '../checkpoints/index.ts';
import { stackImages } from '../data/batch.ts';
import { Preprocessor } from '../data/preprocessor.ts';
import { type Engine, openEngine } from '../engines/index.ts';
import { type ClassPrediction, openPredictor, type Predictor, predictWith } from '../evaluation/index.ts';
import type { Image } from '../image/image.ts';
import type { Shape } from '../tensor/shape.ts';
import type { FloatTensor } from '../tensor/tensor.ts';
import { findClass } from './classes.ts';
import { hasMaps, type Layers, lastMaps, outputOf, traceLayers, usualLayers } from './layers.ts';
import { normalizationOf, occlude, type Square, squareFor } from './occlusion.ts';
import { directionOf, probeProgram, withProgram } from './probe.ts';
import {
  type GradCamFigures,
  type LayerFigures,
  type OcclusionFigures,
  type Scene,
  type View,
  viewGradCam,
  viewLayer,
  viewOcclusion,
} from './views.ts';

export interface LookOptions {
  /** The best one that runs here, unless given. */
  readonly engine?: Engine;
  /** Names of nodes or modules; the first, a middle and the last convolution unless given. */
  readonly layers?: readonly string[];
  /** Classes to explain besides the predicted one, by name or index. */
  readonly classes?: readonly string[];
  /** The square that is slid over the picture; see `squareFor`. */
  readonly square?: Partial<Square>;
  /** Hears how many squares are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface LookFigures {
  readonly model: string;
  /** `[C, H, W]` */
  readonly input: Shape;
  readonly engine: string;
  /** The most probable classes. */
  readonly predictions: readonly ClassPrediction[];
  readonly layers: readonly LayerFigures[];
  readonly gradCam: readonly GradCamFigures[];
  readonly occlusion: readonly OcclusionFigures[];
}

export interface Look extends View<LookFigures> {
  /** The picture as the network takes it, `[1, C, H, W]`. */
  readonly images: FloatTensor;
}

/** Classes that are predicted, and squares that are tried, at once. */
const SHOWN = 5;
const BATCH_SIZE = 16;

/**
 * Shows a picture to a network and looks at its layers, and at what speaks for the predicted class and those chosen: Grad-CAM
 * at the layers chosen that have maps, otherwise at the last convolution that has, and occlusion.
 * @throws UsageError for an unknown layer or class, or a square that does not fit
 * @throws DataError if the picture does not suit the network
 */
export async function look(checkpoint: Checkpoint, image: Image, options: LookOptions = {}): Promise<Look> {
  const { model, preprocessing } = checkpoint;
  const engine = options.engine ?? (await openEngine());
  const layers = traceLayers(model, 1);
  const shown = chosenLayers(layers, options.layers);
  const chosen = (options.classes ?? []).map((name) => findClass(checkpoint.classes, name));
  const session = openPredictor(checkpoint, engine, BATCH_SIZE);
  try {
    const ranking = await rankingOf(session, checkpoint, image);
    const predictions = ranking.slice(0, SHOWN);
    const explained = ranking.filter(({ index }, rank) => rank === 0 || chosen.includes(index));
    const pixels = new Preprocessor(preprocessing).pixels(image);
    const images = stackImages([pixels], normalizationOf(preprocessing));
    const scene = { checkpoint, layers, pixels };
    const inside = await lookAtLayers(scene, { engine, images, ...shown, explained });
    const occlusion = await lookAtSquares(scene, session, explained, options);
    const input = { name: 'input.png', about: 'the picture as the network sees it', picture: pixels };
    const figures = { model: model.name, input: model.input, engine: engine.name, predictions };
    return {
      figures: { ...figures, ...inside.figures, occlusion: occlusion.map((view) => view.figures) },
      pictures: [input, ...inside.pictures, ...occlusion.flatMap(({ pictures }) => pictures)],
      images,
    };
  } finally {
    session.dispose();
  }
}

interface ChosenLayers {
  /** Those whose feature maps are shown. */
  readonly shown: readonly string[];
  /** Those that Grad-CAM is made at. */
  readonly differentiated: readonly string[];
}

function chosenLayers(layers: Layers, names: readonly string[] | undefined): ChosenLayers {
  const shown = [...new Set(names ?? usualLayers(layers))];
  const withMaps = shown.filter((layer) => hasMaps(outputOf(layers, layer)));
  if (names && withMaps.length > 0) return { shown, differentiated: withMaps };
  const last = lastMaps(layers);
  return { shown, differentiated: last === undefined ? [] : [last] };
}

/** All classes, the most probable first. */
async function rankingOf(
  session: Predictor,
  checkpoint: Checkpoint,
  image: Image,
): Promise<readonly ClassPrediction[]> {
  const source = { name: 'the picture', image };
  const [result] = await predictWith(session, checkpoint, [source], checkpoint.classes.length);
  if ('error' in result) throw new DataError(result.error);
  return result.predictions;
}

interface LayerRequest extends ChosenLayers {
  readonly engine: Engine;
  readonly images: FloatTensor;
  readonly explained: readonly ClassPrediction[];
}

/** Feature maps, filters, and Grad-CAM of each class at each of the layers, from one program. */
async function lookAtLayers(
  scene: Scene,
  { engine, images, shown, differentiated, explained }: LayerRequest,
): Promise<View<Pick<LookFigures, 'layers' | 'gradCam'>>> {
  const { model, loss, weights } = scene.checkpoint;
  const program = probeProgram(model, {
    batchSize: 1,
    loss,
    layers: [...new Set([...shown, ...differentiated])],
    differentiated,
  });
  return withProgram(engine, program, weights, async (executable) => {
    const layers: View<LayerFigures>[] = [];
    const gradCam: View<GradCamFigures>[] = [];
    for (const [rank, prediction] of explained.entries()) {
      const direction = differentiated.length > 0 && {
        direction: directionOf(model.classes, prediction.index),
      };
      const results = (await executable.run({ images, ...direction })) as Record<string, FloatTensor>;
      const output = (layer: string) => results[`output ${layer}`];
      if (rank === 0) for (const layer of shown) layers.push(await viewLayer(scene, layer, output(layer)));
      for (const layer of differentiated) {
        const tensors = { output: output(layer), slope: results[`gradient ${layer}`] };
        gradCam.push(await viewGradCam(scene, layer, prediction, tensors));
      }
    }
    return {
      figures: {
        layers: layers.map(({ figures }) => figures),
        gradCam: gradCam.map(({ figures }) => figures),
      },
      pictures: [...layers, ...gradCam].flatMap(({ pictures }) => pictures),
    };
  });
}

async function lookAtSquares(
  scene: Scene,
  session: Predictor,
  explained: readonly ClassPrediction[],
  { square: chosen = {}, onProgress }: LookOptions,
): Promise<View<OcclusionFigures>[]> {
  const { pixels, checkpoint } = scene;
  const square = squareFor(pixels, chosen);
  const occlusions = await occlude(pixels, {
    session,
    square,
    classes: explained.map(({ index }) => index),
    normalization: normalizationOf(checkpoint.preprocessing),
    ...(onProgress && { onProgress }),
  });
  return Promise.all(occlusions.map((occlusion, i) => viewOcclusion(scene, explained[i], square, occlusion)));
}
