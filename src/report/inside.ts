// What the network does inside, for the report: one image explained, and figures of layers and parameters.

import type { Checkpoint } from '../checkpoints/index.ts';
import type { Dataset } from '../data/dataset.ts';
import { type Engine, openEngine } from '../engines/index.ts';
import { look } from '../explain/look.ts';
import { type UnitFigures, unitsOfData } from '../explain/units.ts';
import type { NamedPicture } from '../explain/views.ts';
import { encodePng } from '../image/encode.ts';
import { fileName } from './text.ts';

/** A picture of what is inside, with a line on what it shows. */
export interface InsidePicture {
  /** A data URI. */
  readonly source: string;
  readonly about: string;
  readonly width: number;
  readonly height: number;
}

export interface Inside {
  /** The image that is explained, its class, and what it is taken for. */
  readonly name: string;
  readonly label: string;
  readonly predicted: string;
  readonly pictures: readonly InsidePicture[];
  readonly units: UnitFigures;
}

/** Images whose activations are counted. */
const IMAGES = 64;
/** Side of the square of the occlusion map, as a part of the picture's. */
const SQUARE = 1 / 4;
/** Layers whose maps are shown: the later ones have hundreds of small ones. */
const LAYERS = 2;

/**
 * Looks at one image of a data set in the network of a checkpoint, and at what the layers do over some of them.
 * @throws UsageError if the network has no convolution
 */
export async function insideOf(
  checkpoint: Checkpoint,
  dataset: Dataset,
  index: number,
  given?: Engine,
): Promise<Inside> {
  const engine = given ?? (await openEngine());
  const { image, label: place } = await dataset.get(index);
  const label = dataset.classes[place];
  const [, height, width] = checkpoint.model.input as readonly [number, number, number];
  const side = Math.max(1, Math.round(SQUARE * Math.min(height, width)));
  const square = { side, stride: Math.ceil(side / 2) };
  const { figures, pictures } = await look(checkpoint, image, { engine, classes: [label], square });
  const later = figures.layers.slice(LAYERS).map(({ layer }) => layer);
  return {
    name: fileName(dataset.describe(index)),
    label,
    predicted: figures.predictions[0].label,
    pictures: await Promise.all(inOrder(withoutDetails(pictures, later)).map(encoded)),
    units: await unitsOfData(checkpoint, dataset, { engine, images: IMAGES }),
  };
}

/** Leaves out maps and filters of these layers, and what is part of other pictures anyway. */
function withoutDetails(pictures: readonly NamedPicture[], layers: readonly string[]): NamedPicture[] {
  const details = layers.flatMap((layer) => [`features-${layer}.png`, `filters-${layer}.png`]);
  const others = pictures.filter(({ name }) => !details.includes(name) && name !== 'input.png');
  return others.filter(({ name }) => !name.endsWith('-map.png'));
}

/** Why comes first, and then what the layers are. */
function inOrder(pictures: readonly NamedPicture[]): NamedPicture[] {
  const isLayer = ({ name }: NamedPicture) => /^(features|filters)-/.test(name);
  return [...pictures.filter((one) => !isLayer(one)), ...pictures.filter(isLayer)];
}

async function encoded({ about, picture }: NamedPicture): Promise<InsidePicture> {
  const { width, height } = picture;
  const bytes = Buffer.from(await encodePng(picture));
  return { source: `data:image/png;base64,${bytes.toString('base64')}`, about, width, height };
}
