// How images become features: through a checkpoint's network, or by fixed formulas.

import { ShapeError } from '../base/errors.ts';
import type { Checkpoint } from '../checkpoints/index.ts';
import { Preprocessor, shapeOf } from '../data/preprocessor.ts';
import type { Engine, Executable, State } from '../engines/engine.ts';
import { checkFinite } from '../evaluation/index.ts';
import type { Image } from '../image/image.ts';
import { featureStep } from '../program/head.ts';
import { formatShape, sameShape, sizeOf } from '../tensor/shape.ts';
import { type FloatTensor, floatTensor } from '../tensor/tensor.ts';
import { describe, descriptorGroups, descriptorText } from './descriptor.ts';

/** Makes features of a batch of images, slot by slot. */
export interface FeatureExtractor {
  /** What the features are, in words. */
  readonly description: string;
  /** Where features are of several kinds, how many of each there are, one kind after the other. */
  readonly groups?: readonly number[];
  /** Images at once. */
  readonly batchSize: number;
  /** @param small the image, `fitted` */
  put(slot: number, image: Image, small: Image): void;
  /**
   * Features of the images in the first `count` slots.
   * @param nameOf what messages call the image in a slot
   * @throws DataError if a feature is not finite
   */
  finish(count: number, nameOf?: (slot: number) => string): Promise<ArrayLike<number>[]>;
  dispose(): void;
}

const BATCH_SIZE = 32;

/** Features that need no checkpoint. */
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

/** The values in front of the last layer of a checkpoint's network. */
export async function networkExtractor(checkpoint: Checkpoint, engine: Engine): Promise<FeatureExtractor> {
  const { model, weights } = checkpoint;
  const program = featureStep(model, BATCH_SIZE);
  const variables = program.variables.map(({ variable }) => variable);
  const state = engine.createState(variables);
  for (const { name } of variables) state.write(name, weights.get(name)!);
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
    this.description = `what the ${checkpoint.model.name} of the checkpoint computes in front of its last layer`;
  }

  put(slot: number, image: Image): void {
    const { input, name } = this.checkpoint.model;
    const pixels = this.preprocessor.pixels(image);
    const shape = shapeOf(pixels);
    if (!sameShape(shape, input)) {
      throw new ShapeError(
        `the image is ${formatShape(shape)} after the checkpoint's preprocessing, but ${name} takes ${formatShape(input)}; ` +
          "use images with that many channels, or a checkpoint whose preprocessing has { transform: 'channels' } and 'resize'.",
      );
    }
    this.preprocessor.write(pixels, this.images, slot * sizeOf(input));
  }

  /** Slots after `count` hold older images, whose features nobody looks at. */
  async finish(count: number, nameOf = (slot: number) => `image ${slot}`): Promise<ArrayLike<number>[]> {
    const images = floatTensor([BATCH_SIZE, ...this.checkpoint.model.input], this.images);
    const { features } = await this.executable.run({ images });
    const columns = features.shape[1];
    const used = floatTensor([count, columns], (features as FloatTensor).data.subarray(0, count * columns));
    checkFinite(this.checkpoint, used, nameOf);
    return Array.from({ length: count }, (_, row) => used.data.slice(row * columns, (row + 1) * columns));
  }

  dispose(): void {
    this.executable.dispose();
    this.state.dispose();
  }
}
