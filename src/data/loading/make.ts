// Prepares the batch of a job from image files.
import { decodeImage } from '../../image/decode.ts';
import type { Image } from '../../image/image.ts';
import { cropTo, type RegionOf } from '../../image/region.ts';
import type { ImageFile } from '../dataset.ts';
import { Preprocessor } from '../transforms/preprocessor.ts';
import { assembleBatch } from './assemble.ts';
import type { Allocate } from './batch.ts';
import { shared } from './image-cache.ts';
import type { Decoded, Job, Made } from './job.ts';

/** Reads the bytes of a file, or throws a DataError. */
export type ReadBytes = (path: string) => Uint8Array | Promise<Uint8Array>;

/** By their transforms as JSON; creating one takes longer than preparing an image. */
const preprocessors = new Map<string, Preprocessor>();

/** @throws SampleError if a sample cannot be read or prepared */
export async function makeBatch(
  job: Job,
  readBytes: ReadBytes,
  allocate: Allocate,
  isStopped = () => false,
): Promise<Made> {
  const { plan, sources, classes, mixing, keepDecoded } = job;
  const decoded: Decoded[] = [];
  const read = async (slot: number, regionOf: RegionOf): Promise<Image> => {
    const source = sources[slot];
    if ('data' in source) return cropTo(source, regionOf);
    if (!keepDecoded) return readImage(source, readBytes, regionOf);
    const image = shared(await readImage(source, readBytes));
    decoded.push([slot, image]);
    return cropTo(image, regionOf);
  };
  const settings = { preprocessor: preprocessorOf(job), classes, mixing };
  return { tensors: await assembleBatch(settings, plan, { allocate, read, isStopped }), decoded };
}

async function readImage({ path, ...settings }: ImageFile, readBytes: ReadBytes, regionOf?: RegionOf) {
  const bytes = await readBytes(path);
  return decodeImage(bytes, { name: path, ...settings, ...(regionOf && { regionOf }) });
}

function preprocessorOf({ transforms }: Job): Preprocessor {
  const text = JSON.stringify(transforms);
  const known = preprocessors.get(text);
  if (known) return known;
  const preprocessor = new Preprocessor(transforms);
  preprocessors.set(text, preprocessor);
  return preprocessor;
}
