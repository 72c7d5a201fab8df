// Sums that threads have made apart, in `partial`, added up in the order of the threads.
import { block, lines } from '../../compiler/code.ts';

/** C that adds up `size` floats of every thread into `target`. */
export function addPartialSums(size: number, target: string): string {
  return lines(
    `CHUNK(${size} / LANES, first_vector, end_vector);`,
    block(
      'for (long v = first_vector; v < end_vector; v++)',
      'vec total = LOAD(partial + v * LANES);',
      `for (int t = 1; t < pool->size; t++) total += LOAD(partial + t * ${size}L + v * LANES);`,
      `STORE(${target} + v * LANES, total);`,
    ),
  );
}
