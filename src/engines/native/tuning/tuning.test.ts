// Choices of tuning: how they are kept, and that programs are planned by them.
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { nativeTest, toolchain } from '../../../../test/native.ts';
import { temporaryFolder } from '../../../../test/temporary-folder.ts';
import { createModel } from '../../../models/index.ts';
import { softmaxCrossEntropy } from '../../../nn/index.ts';
import { momentum } from '../../../optim/momentum.ts';
import type { Program } from '../../../program/program.ts';
import { trainProgram } from '../../../program/programs.ts';
import type { Planned } from '../compile.ts';
import type { Target } from '../compiler/kernel.ts';
import type { Rules } from '../compiler/plan/layouts.ts';
import { formatPlan, planStep } from '../compiler/plan/step.ts';
import { rules } from '../kernels/index.ts';
import { planContests } from './contest.ts';
import { findFastest } from './search.ts';
import { keepChoices, readChoices, tuningPath } from './store.ts';
import type { Choices } from './tuning.ts';
import { tunedRules } from './tuning.ts';

const target: Target = { lanes: 16, registers: 32, threads: 2 };

function lenet(): Program {
  return trainProgram(createModel('lenet5'), {
    batchSize: 8,
    loss: softmaxCrossEntropy(),
    optimizer: momentum(),
  });
}

const contestsOf = (program: Program) =>
  planContests(rules, (changed: Rules) => ({ program, plan: planStep(program, changed, target) }) as Planned);

// LeNet-5's first and last convolutions train with images in the lanes and as matrix products, which have one way each.
test('every call that can be computed in several ways is contested, once for all that have everything in common', () => {
  const { contests, planned } = contestsOf(lenet());
  const kinds = contests.flatMap(({ calls }) => calls.map((call) => planned.plan.calls[call].kind));
  expect(kinds.toSorted()).toEqual(['Conv', 'Conv', 'ConvGradInput', 'ConvGradWeight', 'ConvGradWeight']);
  for (const { methods } of contests) {
    expect(methods.length).toBeGreaterThan(1);
    expect(new Set(methods).size).toBe(methods.length);
  }
});

test('what a search finds is what later plans say', async () => {
  const program = lenet();
  const { contests } = contestsOf(program);
  const counts = contests.map(({ methods }) => methods.length);
  const outcomes = await findFastest({
    counts,
    // A machine on which the last way is the fastest.
    measure: async (ways) => ways.map((way, contest) => (way === counts[contest] - 1 ? 1 : 2)),
    seconds: 1,
  });
  const choices: Choices = new Map(
    contests.map(({ key, methods }, i) => [key, { method: methods[outcomes[i].way], speedup: 2 }]),
  );
  const tuned = planStep(program, tunedRules(rules, choices), target);
  for (const { calls, methods } of contests) {
    for (const call of calls) expect(tuned.calls[call].kernel.method).toBe(`${methods.at(-1)} (tuned)`);
  }
  expect(formatPlan(tuned).match(/\(tuned\)/g)).toHaveLength(5);
});

test('a choice of a method that there is no more is passed over', () => {
  const program = lenet();
  const keys = contestsOf(program).contests.map(({ key }) => key);
  const choices = new Map(keys.map((key) => [key, { method: 'magic', speedup: 9 }]));
  const plan = planStep(program, tunedRules(rules, choices), target);
  expect(plan.calls.map(({ kernel }) => kernel.code)).toEqual(
    planStep(program, rules, target).calls.map(({ kernel }) => kernel.code),
  );
});

nativeTest('choices are kept for one machine and number of threads; tuning again replaces them', async () => {
  const folder = temporaryFolder();
  const machine = { toolchain, threads: 2 };
  expect(await readChoices(machine, { folder })).toEqual(new Map());
  const [first, second] = [
    { method: 'a', speedup: 1.5 },
    { method: 'b', speedup: 1.1 },
  ];
  await keepChoices(
    machine,
    ['x', 'y'],
    new Map([
      ['x', first],
      ['y', second],
    ]),
    { folder },
  );
  await keepChoices(machine, ['x', 'z'], new Map([['z', second]]), { folder });
  expect(await readChoices(machine, { folder })).toEqual(
    new Map([
      ['y', second],
      ['z', second],
    ]),
  );
  expect(await readChoices({ toolchain, threads: 3 }, { folder })).toEqual(new Map());
  const other = { ...toolchain, flags: [...toolchain.flags, '-O1'] };
  expect(await readChoices({ toolchain: other, threads: 2 }, { folder })).toEqual(new Map());
});

nativeTest.each([['{"choices": {"x": {"met'], ['{"choices": {"x": 3}}'], ['null'], ['[]']])(
  'a damaged tuning file is passed over with one notice: %s',
  async (content) => {
    const folder = temporaryFolder();
    const machine = { toolchain, threads: 2 };
    const notices: string[] = [];
    const options = { folder, notify: (line: string) => void notices.push(line) };
    await keepChoices(machine, ['x'], new Map([['x', { method: 'a', speedup: 2 }]]), options);
    const path = tuningPath(machine, folder);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ threads: 2, compiler: toolchain.version });
    writeFileSync(path, content);
    expect(await readChoices(machine, options)).toEqual(new Map());
    expect(await readChoices(machine, options)).toEqual(new Map());
    expect(notices).toEqual([expect.stringContaining(`the tuning file ${path} is passed over`)]);
    await keepChoices(machine, ['x'], new Map([['x', { method: 'b', speedup: 2 }]]), options);
    expect((await readChoices(machine, options)).get('x')!.method).toBe('b');
  },
);
