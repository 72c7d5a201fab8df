// Feature extractors: the penultimate layer of a checkpoint's network, or a fixed image descriptor.

import { ShapeError } from '../base/errors.ts';
import { lookup } from '../base/lookup.ts';
import type { Checkpoint } from '../checkpoints/index.ts';
import { Preprocessor, shapeOf } from '../data/transforms/preprocessor.ts';
import type { Engine } from '../engines/engine.ts';
import type { Executable, State } from '../engines/executable.ts';
import { checkFinite } from '../evaluation/index.ts';
import type { Image } from '../image/image.ts';
import { featureProgram } from '../program/head.ts';
import { formatShape, sameShape, sizeOf } from '../tensor/shape.ts';
import { type FloatTensor, floatTensor } from '../tensor/tensor.ts';
import { describe, descriptorGroups, descriptorText } from './descriptor.ts';

/** Extracts features of images, batch by batch. */
export interface FeatureExtractor {
  /** Description of the features, for reports. */
  readonly description: string;
  /** Number of features of each kind, in order, if there are several kinds. */
  readonly groups?: readonly number[];
  /** Number of slots. */
  readonly batchSize: number;
  /** Puts an image into a slot of the batch. @param small the image, shrunk by `fitted` */
  put(slot: number, image: Image, small: Image): void;
  /**
   * Features of the images in the first `count` slots, one row for each image.
   * @param imageName name of the image in a slot, for error messages
   * @throws DataError if a feature is not finite
   */
  finish(count: number, imageName?: (slot: number) => string): Promise<ArrayLike<number>[]>;
  /** Releases native resources. */
  dispose(): void;
}

const BATCH_SIZE = 32;

/** A fixed image descriptor, which needs no checkpoint: thumbnail, color histograms and gradient histograms. */
export function descriptorExtractor(): FeatureExtractor {
  const rows: Float64Array[] = [];
  return {
    description: descriptorText,
    groups: descriptorGroups,
    batchSize: BATCH_SIZE,
    put: (slot, _, small) => {
      rows[slot] = describe(small);
    },
    finish: async (count) => rows.slice(0, count),
    dispose: () => {},
  };
}

/**
 * The input of the last layer of a checkpoint's network (the penultimate features). Call `dispose` when done.
 * @throws EngineError if the engine cannot compile the network
 * @example
 * const extractor = await networkExtractor(checkpoint, await openEngine());
 * const { shift } = await measureShift(reference, target, { extractor });
 * extractor.dispose();
 */
export async function networkExtractor(checkpoint: Checkpoint, engine: Engine): Promise<FeatureExtractor> {
  const { model, weights } = checkpoint;
  const program = featureProgram(model, BATCH_SIZE);
  const variables = program.variables.map(({ variable }) => variable);
  const state = engine.createState(variables);
  for (const { name } of variables) state.write(name, lookup(weights, name));
  return new NetworkExtractor(checkpoint, state, await engine.compile(program, state));
}

class NetworkExtractor implements FeatureExtractor {
  readonly description: string;
  readonly batchSize = BATCH_SIZE;
  private readonly checkpoint: Checkpoint;
  private readonly state: State;
  private readonly executable: Executable;
  private readonly preprocessor: Preprocessor;
  private readonly images: Float32Array;

  constructor(checkpoint: Checkpoint, state: State, executable: Executable) {
    this.checkpoint = checkpoint;
    this.state = state;
    this.executable = executable;
    this.preprocessor = new Preprocessor(checkpoint.preprocessing);
    this.images = new Float32Array(BATCH_SIZE * sizeOf(checkpoint.model.input));
    this.description = `input of the last layer of the checkpoint's ${checkpoint.model.name}`;
  }

  put(slot: number, image: Image): void {
    const { input, name } = this.checkpoint.model;
    const pixels = this.preprocessor.pixels(image);
    const shape = shapeOf(pixels);
    if (!sameShape(shape, input)) {
      throw new ShapeError(
        `the image is ${formatShape(shape)} after preprocessing, but ${name} takes ${formatShape(input)}; ` +
          "use images with that many channels, or a checkpoint whose preprocessing includes 'channels' and 'resize'.",
      );
    }
    this.preprocessor.write(pixels, this.images, slot * sizeOf(input));
  }

  /** Slots after `count` contain earlier images, whose features are ignored. */
  async finish(count: number, imageName = (slot: number) => `image ${slot}`): Promise<ArrayLike<number>[]> {
    const images = floatTensor([BATCH_SIZE, ...this.checkpoint.model.input], this.images);
    const { features } = await this.executable.run({ images });
    const columns = features.shape[1];
    const used = floatTensor([count, columns], (features as FloatTensor).data.subarray(0, count * columns));
    checkFinite(this.checkpoint, used, imageName);
    return Array.from({ length: count }, (_, row) => used.data.slice(row * columns, (row + 1) * columns));
  }

  dispose(): void {
    this.executable.dispose();
    this.state.dispose();
  }
}
