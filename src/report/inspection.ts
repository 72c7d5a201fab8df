// Inspection of the network for the report: one explained image, and statistics of layers and parameters.

import type { Checkpoint } from '../checkpoints/index.ts';
import type { Dataset } from '../data/dataset.ts';
import { type Engine, openEngine } from '../engines/index.ts';
import { inspect } from '../explain/inspect.ts';
import { type UnitStatistics, unitStatistics } from '../explain/unit-statistics.ts';
import type { NamedImage } from '../explain/visualize.ts';
import { encodePng } from '../image/encode.ts';
import { fileName } from './text.ts';

/** An image of the inspection as a data URI. */
export interface EmbeddedVisualization {
  readonly source: string;
  readonly description: string;
  readonly width: number;
  readonly height: number;
}

export interface ReportInspection {
  /** File name of the explained image, its class, and the predicted class. */
  readonly name: string;
  readonly label: string;
  readonly predicted: string;
  readonly images: readonly EmbeddedVisualization[];
  readonly units: UnitStatistics;
}

/** Images over which activations are measured. */
const STATISTICS_IMAGES = 64;
/** Side of the occluding square, as a fraction of the input's shorter side. */
const OCCLUSION_SIDE = 1 / 4;
/** Layers whose feature maps are shown; later layers have hundreds of small ones. */
const SHOWN_LAYERS = 2;

/**
 * Inspects the network of a checkpoint on one image of a data set, and measures its activations over some of the others.
 * @throws UsageError if the network has no convolution
 */
export async function inspectSample(
  checkpoint: Checkpoint,
  dataset: Dataset,
  index: number,
  given?: Engine,
): Promise<ReportInspection> {
  const engine = given ?? (await openEngine());
  const { image, label: labelIndex } = await dataset.get(index);
  const label = dataset.classes[labelIndex];
  const [, height, width] = checkpoint.model.input as readonly [number, number, number];
  const side = Math.max(1, Math.round(OCCLUSION_SIDE * Math.min(height, width)));
  const occlusion = { side, stride: Math.ceil(side / 2) };
  const { results, images } = await inspect(checkpoint, image, { engine, classes: [label], occlusion });
  const laterLayers = results.layers.slice(SHOWN_LAYERS).map(({ layer }) => layer);
  return {
    name: fileName(dataset.describe(index)),
    label,
    predicted: results.predictions[0].label,
    images: await Promise.all(explanationsFirst(withoutDetails(images, laterLayers)).map(embed)),
    units: await unitStatistics(checkpoint, dataset, { engine, images: STATISTICS_IMAGES }),
  };
}

/** Leaves out feature maps and filters of these layers, and images that are part of others. */
function withoutDetails(images: readonly NamedImage[], layers: readonly string[]): NamedImage[] {
  const details = layers.flatMap((layer) => [`features-${layer}.png`, `filters-${layer}.png`]);
  const others = images.filter(({ name }) => !details.includes(name) && name !== 'input.png');
  return others.filter(({ name }) => !name.endsWith('-map.png'));
}

/** Grad-CAM and occlusion before feature maps and filters. */
function explanationsFirst(images: readonly NamedImage[]): NamedImage[] {
  const isLayer = ({ name }: NamedImage) => /^(features|filters)-/.test(name);
  return [...images.filter((image) => !isLayer(image)), ...images.filter(isLayer)];
}

async function embed({ description, image }: NamedImage): Promise<EmbeddedVisualization> {
  const { width, height } = image;
  const bytes = await encodePng(image);
  const source = `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`;
  return { source, description, width, height };
}
