// Tap convolution: the loops over blocks of positions, outputs and passes, and their split between threads.

import { takeChunks } from '../../compiler/c.ts';
import { block, lines } from '../../compiler/code.ts';
import type { Scheduled } from './schedule.ts';
import { outputSets, type TapPlan, tapPlan } from './tap-plan.ts';
import { regionArguments, regionFunction, regionName, tapTable } from './tap-region.ts';

/** C for a tap convolution. */
export interface TapCode {
  /** Static functions. */
  readonly functions: string;
  /** Statements that run this thread's chunks; they use x, w, y and the epilogue's operands by their names. */
  readonly statements: string;
}

export function tapConvolution({ problem, schedule }: Scheduled): TapCode {
  const plan = tapPlan(problem, schedule);
  const tiles = new Map<string, string>();
  const sets = outputSets(plan).filter((set) => set !== undefined);
  const regions = sets.map((set) => regionFunction(plan, set, tiles));
  const tables = plan.settings.taps === 'single' ? [] : problem.phases.map((_, i) => tapTable(problem, i));
  return {
    functions: lines(...tables, ...tiles.values(), ...regions),
    statements: schedule.split === 'outputs' ? dividedOutputs(plan) : dividedPositions(plan),
  };
}

const overOutputs = (...body: string[]): string =>
  block('for (long output = first_output; output < end_output; output++)', ...body);

/** Each thread has some sets of outputs at a time, and all positions. */
function dividedOutputs(plan: TapPlan): string {
  const { schedule, outputs, imageBlocks, rowBlocks } = plan;
  const overPositions = (...body: string[]): string =>
    block(`for (long position = 0; position < ${imageBlocks * rowBlocks}; position++)`, ...body);
  return block(
    takeChunks(outputs, stretchOf(outputs, plan), 'first_output', 'end_output'),
    schedule.order === 'passes'
      ? overPositions(overPasses(plan, overOutputs(regionCall(plan))))
      : overOutputs(overPositions(overPasses(plan, regionCall(plan)))),
  );
}

/** Each thread takes some blocks of positions with all sets of outputs at a time; others may have the first and the last of them, too. */
function dividedPositions(plan: TapPlan): string {
  const { schedule, outputs, imageBlocks, rowBlocks } = plan;
  const positions = imageBlocks * rowBlocks;
  const items = positions * outputs;
  return lines(
    `/* ${positions} blocks of positions x ${outputs} sets of outputs, outputs fastest */`,
    block(
      takeChunks(items, stretchOf(items, plan), 'item', 'end_item'),
      block(
        'while (item < end_item)',
        `const long position = item / ${outputs}, first_output = item % ${outputs};`,
        `const long left = end_item - item + first_output, end_output = left < ${outputs} ? left : ${outputs};`,
        schedule.order === 'passes'
          ? overPasses(plan, overOutputs(regionCall(plan)))
          : overOutputs(overPasses(plan, regionCall(plan))),
        'item += end_output - first_output;',
      ),
    ),
  );
}

/** Items of work in a chunk: about an eighth of a thread's part. */
function stretchOf(pieces: number, { problem: { target } }: TapPlan): number {
  return Math.ceil(pieces / (8 * target.threads));
}

function overPasses({ passes }: TapPlan, body: string): string {
  return passes > 1 ? block(`for (int pass = 0; pass < ${passes}; pass++)`, body) : body;
}

function regionCall(plan: TapPlan): string {
  const values = regionArguments(plan).join(', ');
  const [most, last] = outputSets(plan);
  if (last === undefined) return `${regionName(most.vectors)}(${values});`;
  return lines(
    `if (output < ${plan.outputs - 1}) ${regionName(most.vectors)}(${values});`,
    `else ${regionName(last.vectors)}(${values});`,
  );
}
