// Random networks of operators that the native engine fuses, against the formulas.
import { expect } from 'vitest';
import { nativeEngine } from '../src/engines/native/index.ts';
import { openRuntime } from '../src/engines/native/runtime/runtime.ts';
import { referenceEngine } from '../src/engines/reference/index.ts';
import { nativeTest, toolchain } from './native.ts';
import { FLOAT32, runNetworks, worstDifference } from './networks.run.ts';
import { randomNetwork } from './networks.ts';

/** Of the networks 99 and 120 an average pool follows two activations in a row. */
const seeds = [...Array.from({ length: 16 }, (_, i) => i), 99, 120];

nativeTest('the native engine gives the outputs and gradients of the formulas', async () => {
  const specs = seeds.map(randomNetwork);
  const expected = await runNetworks(referenceEngine, specs);
  const outcomes = await runNetworks(nativeEngine(await openRuntime(toolchain), 0), specs);
  for (const seed of seeds) {
    const { name, difference } = worstDifference(outcomes.get(seed)!, expected.get(seed)!);
    expect(difference, `${name} of network ${seed}`).toBeLessThan(FLOAT32);
  }
});
