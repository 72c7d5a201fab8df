// Inspects a network on one image: its predictions, the feature maps of its layers, Grad-CAM and occlusion maps.

import { DataError } from '../base/errors.ts';
import type { Checkpoint } from '../checkpoints/index.ts';
import { stackImages } from '../data/loading/batch.ts';
import { Preprocessor } from '../data/transforms/preprocessor.ts';
import { type Engine, openEngine } from '../engines/index.ts';
import { withExecutable } from '../engines/with-executable.ts';
import { type ClassPrediction, openPredictor, type Predictor, predictWith } from '../evaluation/index.ts';
import type { Image } from '../image/image.ts';
import type { Shape } from '../tensor/shape.ts';
import type { FloatTensor } from '../tensor/tensor.ts';

import { activationProgram, classDirection } from './activation-program.ts';
import { findClass } from './classes.ts';
import {
  defaultLayers,
  isSpatial,
  type Layers,
  lastSpatialConvolution,
  layerOutput,
  traceLayers,
} from './layers.ts';
import { normalizationStep, type OcclusionWindow, occlude, occlusionWindow } from './occlusion.ts';
import {
  type GradCamResult,
  type ImageContext,
  type LayerResult,
  type OcclusionResult,
  type Visualization,
  visualizeGradCam,
  visualizeLayer,
  visualizeOcclusion,
} from './visualize.ts';

/** Options of `inspect`. */
export interface InspectOptions {
  /** Defaults to the fastest engine available. */
  readonly engine?: Engine;
  /** Names of layers or modules, as in `summarize`. Defaults to the first, the middle and the last convolution. */
  readonly layers?: readonly string[];
  /** Classes to explain in addition to the predicted one, by name or index. */
  readonly classes?: readonly string[];
  /**
   * The occluding square, in pixels of the network's input. `side` defaults to a seventh of the shorter side of the image,
   * `stride` to half of `side`.
   */
  readonly occlusion?: Partial<OcclusionWindow>;
  /** Called after each batch of occluded images, with the number of squares done and their total. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Numeric results of `inspect`. */
export interface InspectionResults {
  /** Name of the model. */
  readonly model: string;
  /** `[C, H, W]` */
  readonly input: Shape;
  /** Name of the engine. */
  readonly engine: string;
  /** The five most probable classes. */
  readonly predictions: readonly ClassPrediction[];
  /** Outputs of the selected layers. */
  readonly layers: readonly LayerResult[];
  /** For each explained class, one map for each layer. */
  readonly gradCam: readonly GradCamResult[];
  /** One map for each explained class. */
  readonly occlusion: readonly OcclusionResult[];
}

/** Numeric results, and the same as images to look at. */
export interface Inspection extends Visualization<InspectionResults> {
  /** The preprocessed image as a batch of one, `[1, C, H, W]`. */
  readonly batch: FloatTensor;
}

const SHOWN_PREDICTIONS = 5;
const BATCH_SIZE = 16;

/**
 * Inspects a network on one image. The predicted class and those of `options.classes` are explained by Grad-CAM (Selvaraju
 * et al. 2017) and by occlusion (Zeiler & Fergus 2014). Grad-CAM is computed at the layers of `options.layers` that have
 * feature maps, or at the last convolution that has.
 * @param image as decoded from its file; the checkpoint's preprocessing is applied to it
 * @throws UsageError for an unknown layer or class, or an occluding square that does not fit into the image
 * @throws DataError if the preprocessed image does not have the shape of the network's input
 * @example
 * const { results, images } = await inspect(checkpoint, await decodeImage('dog.jpg'));
 * console.log(results.predictions[0].label);
 * for (const { name, image } of images) await writePng(image, name);
 */
export async function inspect(
  checkpoint: Checkpoint,
  image: Image,
  options: InspectOptions = {},
): Promise<Inspection> {
  const { model, preprocessing } = checkpoint;
  const engine = options.engine ?? (await openEngine());
  const layers = traceLayers(model, 1);
  const selected = selectLayers(layers, options.layers);
  const classes = (options.classes ?? []).map((name) => findClass(checkpoint.classes, name));
  const session = openPredictor(checkpoint, engine, BATCH_SIZE);
  try {
    const ranking = await rankClasses(session, checkpoint, image);
    const predictions = ranking.slice(0, SHOWN_PREDICTIONS);
    const explained = ranking.filter(({ index }, rank) => rank === 0 || classes.includes(index));
    const pixels = new Preprocessor(preprocessing).pixels(image);
    const batch = stackImages([pixels], normalizationStep(preprocessing));
    const context = { checkpoint, layers, pixels };
    const inside = await inspectLayers(context, { engine, batch, ...selected, explained });
    const occlusion = await occludeImage(context, session, explained, options);
    const input = { name: 'input.png', description: 'the image after preprocessing', image: pixels };
    return {
      results: {
        model: model.name,
        input: model.input,
        engine: engine.name,
        predictions,
        ...inside.results,
        occlusion: occlusion.map(({ results }) => results),
      },
      images: [input, ...inside.images, ...occlusion.flatMap(({ images }) => images)],
      batch,
    };
  } finally {
    session.dispose();
  }
}

interface SelectedLayers {
  /** Layers whose feature maps are drawn. */
  readonly shown: readonly string[];
  /** Layers at which Grad-CAM is computed. */
  readonly gradCamLayers: readonly string[];
}

function selectLayers(layers: Layers, names: readonly string[] | undefined): SelectedLayers {
  const shown = [...new Set(names ?? defaultLayers(layers))];
  const spatial = shown.filter((layer) => isSpatial(layerOutput(layers, layer)));
  if (names && spatial.length > 0) return { shown, gradCamLayers: spatial };
  const last = lastSpatialConvolution(layers);
  return { shown, gradCamLayers: last === undefined ? [] : [last] };
}

/** All classes, the most probable first. */
async function rankClasses(
  session: Predictor,
  checkpoint: Checkpoint,
  image: Image,
): Promise<readonly ClassPrediction[]> {
  const source = { name: 'the image', image };
  const [result] = await predictWith(session, checkpoint, [source], checkpoint.classes.length);
  if ('error' in result) throw new DataError(result.error);
  return result.predictions;
}

interface LayerRequest extends SelectedLayers {
  readonly engine: Engine;
  readonly batch: FloatTensor;
  readonly explained: readonly ClassPrediction[];
}

/** Feature maps, filters, and Grad-CAM of each class at each of the layers, from one program. */
async function inspectLayers(
  context: ImageContext,
  { engine, batch, shown, gradCamLayers, explained }: LayerRequest,
): Promise<Visualization<Pick<InspectionResults, 'layers' | 'gradCam'>>> {
  const { model, loss, weights } = context.checkpoint;
  const program = activationProgram(model, {
    batchSize: 1,
    loss,
    layers: [...new Set([...shown, ...gradCamLayers])],
    gradientLayers: gradCamLayers,
  });
  return withExecutable(engine, program, weights, async (executable) => {
    const layers: Visualization<LayerResult>[] = [];
    const gradCam: Visualization<GradCamResult>[] = [];
    for (const [rank, prediction] of explained.entries()) {
      const direction = gradCamLayers.length > 0 && {
        direction: classDirection(model.classes, prediction.index),
      };
      const tensors = (await executable.run({ images: batch, ...direction })) as Record<string, FloatTensor>;
      const output = (layer: string) => tensors[`output ${layer}`];
      if (rank === 0) {
        for (const layer of shown) layers.push(await visualizeLayer(context, layer, output(layer)));
      }
      for (const layer of gradCamLayers) {
        const pair = { output: output(layer), gradient: tensors[`gradient ${layer}`] };
        gradCam.push(await visualizeGradCam(context, layer, prediction, pair));
      }
    }
    return {
      results: {
        layers: layers.map(({ results }) => results),
        gradCam: gradCam.map(({ results }) => results),
      },
      images: [...layers, ...gradCam].flatMap(({ images }) => images),
    };
  });
}

async function occludeImage(
  context: ImageContext,
  session: Predictor,
  explained: readonly ClassPrediction[],
  { occlusion = {}, onProgress }: InspectOptions,
): Promise<Visualization<OcclusionResult>[]> {
  const { pixels, checkpoint } = context;
  const window = occlusionWindow(pixels, occlusion);
  const maps = await occlude(pixels, {
    session,
    window,
    classes: explained.map(({ index }) => index),
    normalization: normalizationStep(checkpoint.preprocessing),
    ...(onProgress && { onProgress }),
  });
  return Promise.all(maps.map((map, i) => visualizeOcclusion(context, explained[i], window, map)));
}
