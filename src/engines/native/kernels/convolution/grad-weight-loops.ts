// The weight gradient's loops over filters and blocks of positions, and their split between threads.
import { block, lines } from '../../compiler/code.ts';
import { itemCode, itemsOf, type SumsFunctions } from './grad-weight-item.ts';
import { droppedTaps, type GradWeightPlan, hasEmptyLanes } from './grad-weight-plan.ts';
import { addPartialSums } from './partial-sums.ts';

/** C for a weight gradient into the filter `dw`. */
export interface GradWeightCode {
  readonly functions: string;
  /** Statements before the first barrier. */
  readonly clear: string;
  /** Statements that sum this thread's chunks. */
  readonly sums: string;
  /** Statements that add up what threads have summed apart; none if they have not. */
  readonly reduce: string;
  /** Floats for what threads sum apart, `partial`. */
  readonly partial: number;
}

export function gradWeightCode(plan: GradWeightPlan): GradWeightCode {
  const { problem } = plan;
  const { size } = problem.filter;
  const [rows, columns] = plan.spans;
  if (rows.count * columns.count === 0) {
    return { functions: '', clear: clearAll(size), sums: '', reduce: '', partial: 0 };
  }
  const functions: SumsFunctions = new Map();
  const apart = plan.split === 'positions';
  const sums = apart ? sumsByPositions(plan, functions) : sumsByFilters(plan, functions);
  return {
    functions: lines(...functions.values()),
    clear: apart ? '' : clearGaps(plan),
    sums,
    reduce: apart ? addPartialSums(size, 'dw') : '',
    partial: apart ? problem.target.threads * size : 0,
  };
}

function clearAll(size: number): string {
  return lines(
    `CHUNK(${size}, first_weight, end_weight);`,
    'memset(dw + first_weight, 0, (end_weight - first_weight) * sizeof(float));',
  );
}

/** Clears what gets no sum, or everything where that is a part of each row. */
function clearGaps(plan: GradWeightPlan): string {
  const { filter } = plan.problem;
  const dropped = droppedTaps(plan);
  if (hasEmptyLanes(plan)) return clearAll(filter.size);
  if (dropped.length === 0) return '';
  return lines(
    `static const int dropped[] = {${dropped.join(', ')}};`,
    `CHUNK(${filter.size / filter.block}, first_block, end_block);`,
    block(
      'for (long block = first_block; block < end_block; block++)',
      `for (int i = 0; i < ${dropped.length}; i++)`,
      `  memset(dw + block * ${filter.block}L + dropped[i] * ${filter.tap}L, 0, ${filter.tap * 4});`,
    ),
  );
}

const overItems = (from: string, to: string, body: string): string =>
  block(`for (long item = ${from}; item < ${to}; item++)`, body);

const overPositions = (from: string, to: string, body: string): string =>
  block(`for (long position = ${from}; position < ${to}; position++)`, body);

/** Each thread takes some of the filter at a time, about a quarter of its part, and all positions. */
function sumsByFilters(plan: GradWeightPlan, functions: SumsFunctions): string {
  const item = itemCode(plan, functions, 'position == 0');
  return lines(
    `CHUNK(${itemsOf(plan)}, first_item, end_item);`,
    overPositions('0', `${plan.imageBlocks * plan.rowBlocks}`, overItems('first_item', 'end_item', item)),
  );
}

/** Each thread has some positions, and sums of its own for all of the filter. */
function sumsByPositions(plan: GradWeightPlan, functions: SumsFunctions): string {
  const { imageBlocks, rowBlocks, problem } = plan;
  const always = hasEmptyLanes(plan) || droppedTaps(plan).length > 0;
  const item = itemCode(plan, functions, 'position == first_position');
  return lines(
    `float *dw = partial + me * ${problem.filter.size}L;`,
    `CHUNK(${imageBlocks * rowBlocks}, first_position, end_position);`,
    !always && 'if (first_position == end_position)',
    `memset(dw, 0, ${problem.filter.size * 4}L);`,
    overPositions('first_position', 'end_position', overItems('0', `${itemsOf(plan)}`, item)),
  );
}
