// Where Winograd pays, and which way of dividing its work suits which shapes: estimates that agree with measurements.

import { range } from '../../../../../base/numbers.ts';
import type { ConvAttributes } from '../../../../../ops/conv.ts';
import type { Shape } from '../../../../../tensor/shape.ts';
import type { Target } from '../../../compiler/kernel.ts';
import { blocksOf } from '../../../compiler/layout.ts';
import { panelOf, tilesInRegisters } from './tiling.ts';
import { planesOf, type TileSize } from './transforms.ts';

/** How the work of a convolution is divided. */
export interface Plan {
  readonly size: TileSize;
  /**
   * - `tiles`: filters are transformed once; each thread takes `groups` groups of tiles at a time through all steps.
   * - `outputs`: tiles are transformed once; each thread takes a panel of outputs at a time and transforms its filters,
   *   `inputs` blocks at a time, or all where nothing is left to be transformed.
   */
  readonly divide: 'tiles' | 'outputs';
  readonly groups: number;
  readonly inputs: number;
}

/** How the work of a weight gradient is divided. */
export interface FilterGradientPlan {
  readonly size: TileSize;
  /**
   * - `tiles`: each thread takes `groups` groups of tiles at a time and keeps sums of its own, which are added up at last.
   * - `outputs`: all tiles are transformed first; each thread sums up its own weights over all of them.
   */
  readonly divide: 'tiles' | 'outputs';
  readonly groups: number;
}

/** What a choice depends on. */
export interface Shapes {
  readonly input: Shape;
  readonly output: Shape;
  /** Rows and columns of padding before the input. */
  readonly padStart: readonly [number, number];
  readonly target: Target;
  /** Whether filters are transformed already. */
  readonly transformed?: boolean;
}

/** Transforming a tile of one channel, or one filter, takes as long as so many multiply-adds for each of its points. */
const TRANSFORM = 10;
/** Transformed filters, in floats, up to which reading them is faster than transforming them again. */
const KEPT_FILTERS = 1024 * 1024;
/** By how much the estimated time has to be shorter than that of direct summation. */
const ADVANTAGE = 1.15;
/** Floats of tiles and products that leave room for filters in a second-level cache of 1 MiB and more. */
const CACHED_FLOATS = 160 * 1024;
/** Channels whose filters are transformed at once. */
const CHANNELS_AT_ONCE = 64;
/** Tiles that registers hold at once on machines with many of them. */
const USUAL_GROUP = 14;

/** Whether a convolution is of the kind that minimal filtering is for. */
export function isMinimal({ group, strides, dilations, pads }: ConvAttributes, weight: Shape): boolean {
  const one = [...strides, ...dilations, group].every((n) => n === 1);
  return one && weight[2] === 3 && weight[3] === 3 && pads.every((pad) => pad <= 2);
}

/** The plan of a convolution from one image to another, if it pays. */
export function choosePlan(shapes: Shapes): Plan | undefined {
  const { input, output, padStart } = shapes;
  const [rows, columns] = ([0, 1] as const).map((axis) =>
    usefulTaps(input[axis + 2], output[axis + 2], padStart[axis]),
  ) as [number, number];
  const size = fasterThan(rows * columns, shapes);
  return size && planFor(size, shapes);
}

/** The size of tiles for which filters that stay the same are best transformed beforehand, if any. */
export function chooseTransformed(shapes: Omit<Shapes, 'transformed'>): TileSize | undefined {
  const plan = choosePlan({ ...shapes, transformed: true });
  const { input, output } = shapes;
  return plan && planesOf(plan.size) * input[1] * output[1] <= KEPT_FILTERS ? plan.size : undefined;
}

/** The plan for tiles of a given size. */
export function planFor(size: TileSize, { input, output, target }: Shapes): Plan {
  const [inputs, outputs] = [blocksOf(input[1], target.lanes), blocksOf(output[1], target.lanes)];
  const panel = panelOf(outputs);
  if (tilesOf(output, size) < input[1] + output[1] && Math.ceil(outputs / panel) >= target.threads)
    return { size, divide: 'outputs', groups: 0, inputs: CHANNELS_AT_ONCE / target.lanes };
  const group = planesOf(size) * tilesInRegisters(panel, target) * (inputs + panel) * target.lanes;
  return { size, divide: 'tiles', groups: Math.max(1, Math.round(CACHED_FLOATS / group)), inputs: 0 };
}

/** The plan of a gradient with respect to weights, if it pays; `output` is the gradient that is given. */
export function chooseFilterGradientPlan(shapes: Shapes): FilterGradientPlan | undefined {
  const { input, output } = shapes;
  const size = fasterThan(9 * output[2] * output[3], shapes);
  if (!size) return undefined;
  const [inputs, outputs] = [input[1], output[1]];
  if (tilesOf(output, size) < inputs + outputs) return { size, divide: 'outputs', groups: 0 };
  // As many tiles as take the place that the sums take.
  const groups = Math.round((inputs * outputs) / (USUAL_GROUP * (inputs + outputs)));
  return { size, divide: 'tiles', groups: Math.min(Math.max(1, groups), 8) };
}

const SIZES: readonly TileSize[] = [4, 2];

/** Plans that may be faster than the chosen one. */
export function plans({ target: { lanes } }: Shapes): Plan[] {
  return SIZES.flatMap((size) => [
    ...[1, 2, 4, 8].map((groups): Plan => ({ size, divide: 'tiles', groups, inputs: 0 })),
    ...[32, 64, 128].map((inputs): Plan => ({ size, divide: 'outputs', groups: 0, inputs: inputs / lanes })),
  ]);
}

/** Plans that may be faster than the chosen one. */
export function filterGradientPlans(): FilterGradientPlan[] {
  return SIZES.flatMap((size) => [
    ...[1, 2, 4, 8].map((groups): FilterGradientPlan => ({ size, divide: 'tiles', groups })),
    { size, divide: 'outputs', groups: 0 } as const,
  ]);
}

/** A plan in words, by which it is known again. */
export function methodOf({ size, divide, groups, ...rest }: Plan | FilterGradientPlan): string {
  const pieces = [
    groups > 0 && `groups ${groups}`,
    'inputs' in rest && rest.inputs > 0 && `inputs ${rest.inputs}`,
  ];
  return [`winograd ${size}x${size}`, `by ${divide}`, ...pieces.filter((piece) => piece)].join(' ');
}

/** The size of tiles that is faster than `direct` multiplications an image, channel and output. */
function fasterThan(direct: number, shapes: Shapes): TileSize | undefined {
  const { input, output, target, transformed } = shapes;
  const { lanes } = target;
  const inputs = blocksOf(input[1], lanes) * lanes;
  const outputs = blocksOf(output[1], lanes) * lanes;
  const cost = (size: TileSize): number => {
    const tiles = tilesOf(output, size);
    const products = (tiles + (transformed ? 0 : TRANSFORM)) * inputs * outputs;
    return planesOf(size) * (products + TRANSFORM * tiles * (inputs + outputs));
  };
  const size = cost(2) <= cost(4) ? 2 : 4;
  return ADVANTAGE * cost(size) < input[0] * input[1] * output[1] * direct ? size : undefined;
}

/** Number of tiles in all images. */
function tilesOf([images, , height, width]: Shape, size: TileSize): number {
  return images * Math.ceil(height / size) * Math.ceil(width / size);
}

/** How often one of three taps lies inside the input along an axis; direct summation leaves the other products out. */
function usefulTaps(input: number, output: number, padStart: number): number {
  const inside = (place: number): boolean => place >= 0 && place < input;
  return range(output).reduce(
    (count, i) => count + range(3).filter((tap) => inside(i - padStart + tap)).length,
    0,
  );
}
