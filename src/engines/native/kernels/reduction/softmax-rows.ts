// Softmax of rows, for the operator and for the loss.
import { literal } from '../../compiler/c.ts';
import { code } from '../../compiler/code.ts';
import type { Target } from '../../compiler/kernel.ts';
import { exponential } from '../elementwise/math-functions.ts';
import { firstLanes, laneTotal, partialAccess } from '../lanes.ts';

/**
 * `NAME_exponentials(x, y, &largest)`: y_i = exp(x_i - largest) for the `count` numbers of a row, of which the sum is
 * returned.
 */
export function exponentialsFunction(count: number, target: Target): string {
  const [whole, rest] = [count - (count % target.lanes), count % target.lanes];
  return code`
    ${partialAccess}
    ${firstLanes(target)}
    ${laneTotal(target)}
    ${exponential}
    static float NAME_exponentials(const float *x, float *y, float *largest) {
      const mask used = NAME_first(${rest});
      const vec last = SELECT(used, NAME_load(x + ${whole}, ${rest}), SPLAT(${literal(Number.NEGATIVE_INFINITY)}));
      vec most = last;
      for (long i = 0; i < ${whole}; i += LANES) {
        const vec value = LOAD_U(x + i);
        most = SELECT(value > most, value, most);
      }
      float top = most[0];
      for (int lane = 1; lane < LANES; lane++) top = most[lane] > top ? most[lane] : top;
      vec total = KEEP(used, NAME_exp(last - top));
      NAME_store(y + ${whole}, total, ${rest});
      for (long i = 0; i < ${whole}; i += LANES) {
        const vec power = NAME_exp(LOAD_U(x + i) - top);
        STORE_U(y + i, power);
        total += power;
      }
      *largest = top;
      return NAME_total(total);
    }
  `;
}
