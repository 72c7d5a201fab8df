// Random networks of operators that runtimes fuse: the formulas against PyTorch, the onnx engine and exported files against
// the formulas. More of them: `npm run fuzz:networks`.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openEngine } from '../src/engines/index.ts';
import { referenceEngine } from '../src/engines/reference/index.ts';
import {
  differenceToNorms,
  FLOAT32,
  type ReferenceNorms,
  runExported,
  runNetworks,
  worstDifference,
} from './networks.run.ts';
import { randomNetwork } from './networks.ts';

const path = new URL('./witness/networks.json', import.meta.url);
const stored = JSON.parse(readFileSync(path, 'utf8')) as { seed: number; figures: ReferenceNorms }[];
const TOGETHER = 15;
const groups = Array.from({ length: Math.ceil(stored.length / TOGETHER) }, (_, i) =>
  stored.slice(i * TOGETHER, (i + 1) * TOGETHER),
);

describe.each(groups.map((group) => [group[0].seed, group] as const))(
  'networks from seed %i on',
  (_, group) => {
    const specs = group.map(({ seed }) => randomNetwork(seed));
    const expected = runNetworks(referenceEngine, specs);

    test('the formulas agree with PyTorch', async () => {
      for (const { seed, figures: norms } of group) {
        const { name, difference } = differenceToNorms((await expected).get(seed)!, norms);
        expect(difference, `${name} of network ${seed}`).toBeLessThan(FLOAT32);
      }
    });

    test('the onnx engine gives the outputs and gradients of the formulas', async () => {
      const outcomes = await runNetworks(await openEngine('onnx', { threads: 1 }), specs);
      for (const { seed } of group) {
        const { name, difference } = worstDifference(outcomes.get(seed)!, (await expected).get(seed)!);
        expect(difference, `${name} of network ${seed}`).toBeLessThan(FLOAT32);
      }
    });

    test('exported files give the outputs of the formulas', async () => {
      for (const spec of specs) {
        const output = await runExported(spec, spec.seed % 2 === 0);
        const formula = new Map([['output', (await expected).get(spec.seed)!.get('output')!]]);
        const { difference } = worstDifference(new Map([['output', output]]), formula);
        expect(difference, `network ${spec.seed}`).toBeLessThan(FLOAT32);
      }
    });
  },
);
