// sharp (libvips), loaded on first use: loading takes longer than many commands.
import { createRequire } from 'node:module';
import type sharpFunction from 'sharp';
import { FoveaError } from '../base/errors.ts';
import { describeMissingPackage } from '../system/packages.ts';

type Sharp = typeof sharpFunction;

const require = createRequire(import.meta.url);
let loaded: Sharp | undefined;

/** The function `sharp` of the package. @throws FoveaError if the package is missing, or has no binaries for this system */
export function sharp(...args: Parameters<Sharp>): ReturnType<Sharp> {
  loaded ??= load();
  return loaded(...args);
}

function load(): Sharp {
  try {
    return require('sharp') as Sharp;
  } catch (error) {
    throw new FoveaError(describeMissingPackage('sharp', 'reading and drawing images', error), {
      cause: error,
    });
  }
}
