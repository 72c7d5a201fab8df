// What is done to an output tile besides summing products: where the sums start, and how they are finished when complete.

import { range } from '../../../../base/numbers.ts';
import { literal } from '../../compiler/c.ts';
import type { Bounds } from '../../compiler/instruction.ts';
import { blocksOf, type ImageGeometry } from '../../compiler/layout.ts';
import { lines } from './code.ts';

export interface Epilogue {
  /** The image that sums start from, instead of zero. */
  readonly addend?: ImageGeometry;
  readonly bias?: boolean;
  readonly affine?: boolean;
  /** The image added after the affine map. */
  readonly residual?: ImageGeometry;
  readonly clip?: Bounds;
  /** Whether lanes beyond the channels must be cleared after clipping, by a table of masks. */
  readonly clear?: boolean;
}

/** An operand of the epilogue: an image, or one number a channel. */
export interface Extra {
  readonly name: string;
  readonly type: 'const float *' | 'const int32_t *';
  readonly image?: ImageGeometry;
}

/** The operands, in the order of the instruction's inputs; the table of masks comes last. */
export function extrasOf({ addend, bias, affine, residual, clear }: Epilogue): Extra[] {
  const channel = (name: string): Extra => ({ name, type: 'const float *' });
  return [
    ...(bias ? [channel('bias')] : []),
    ...(affine ? [channel('scale'), channel('shift')] : []),
    ...(addend ? [{ ...channel('addend'), image: addend }] : []),
    ...(residual ? [{ ...channel('residual'), image: residual }] : []),
    ...(clear ? [{ name: 'real', type: 'const int32_t *' } as const] : []),
  ];
}

export function parametersOf(epilogue: Epilogue): string[] {
  return extrasOf(epilogue).map(({ name, type }) => `${type}${name}`);
}

/** Whether there is anything to do when sums are complete. */
export function finishes({ bias, affine, residual, clip }: Epilogue): boolean {
  return Boolean(bias || affine || residual || clip);
}

/** C that completes the sum in variable `v` of output vector `vector`; `residualAt` is its offset in the residual. */
export function finish(epilogue: Epilogue, v: string, vector: number, residualAt: number): string {
  const at = (name: string): string => `LOAD(${name} + ${vector} * LANES)`;
  const { bias, affine, residual, clip, clear } = epilogue;
  return lines(
    bias && `${v} += ${at('bias')};`,
    affine && `${v} = ${v} * ${at('scale')} + ${at('shift')};`,
    residual && `${v} += LOAD(residual + ${residualAt});`,
    clip && clipped(v, clip),
    clear && `${v} = KEEP(*(const mask *)(real + ${vector} * LANES), ${v});`,
  );
}

/** Not a number stays what it is. */
function clipped(v: string, [low, high]: Bounds): string {
  return lines(
    low === 0 && `${v} = KEEP(~(${v} < ZERO), ${v});`,
    low !== 0 &&
      low > Number.NEGATIVE_INFINITY &&
      `${v} = SELECT(${v} < ${literal(low)}, SPLAT(${literal(low)}), ${v});`,
    high < Number.POSITIVE_INFINITY &&
      `${v} = SELECT(${v} > ${literal(high)}, SPLAT(${literal(high)}), ${v});`,
  );
}

/** Whether clipping makes something of nothing, so that lanes beyond the channels need clearing. */
export function movesZero(clip: Bounds | undefined): boolean {
  return clip !== undefined && (clip[0] > 0 || clip[1] < 0);
}

/** The table of masks that the lanes of real channels have set. */
export function realLanes({ clear }: Epilogue, channels: number, lanes: number): string {
  if (!clear) return '';
  const masks = range(blocksOf(channels, lanes) * lanes).map((channel) => (channel < channels ? -1 : 0));
  return `static const int32_t NAME_real[] __attribute__((aligned(64))) = {${masks.join(', ')}};`;
}
