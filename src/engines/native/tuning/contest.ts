// A step that can run its kernels in several ways, to find out which is the fastest where it will be used.
import { Graph } from '../../../graph/graph.ts';
import type { Program } from '../../../program/program.ts';
import type { Planned } from '../compile.ts';
import type { Kernel, Request, Variant } from '../compiler/kernel.ts';
import type { Rules } from '../compiler/plan/layouts.ts';
import type { Region, StepPlan } from '../compiler/plan/step.ts';
import { kernelKey, withKernels } from './tuning.ts';

/** The ways to compute a kernel, wherever the step has it. */
export interface Contest {
  readonly key: string;
  /** The first is that of the rules of thumb. */
  readonly methods: readonly string[];
  /** Numbers of the calls of this kernel. */
  readonly calls: readonly number[];
}

export interface ContestPlan {
  /** A program with one input more: the way that each contest goes in this run, int32 `[contests]`. */
  readonly planned: Planned;
  readonly contests: readonly Contest[];
}

/** Name of the further input. */
export const WAYS = 'ways of kernels';

/** @param planWith plans the step by rules */
export function planContests(rules: Rules, planWith: (rules: Rules) => Planned): ContestPlan {
  const keys = new Map<Kernel, string>();
  const methods = new Map<string, readonly string[]>();
  const planned = planWith(
    withKernels(rules, (kind, rule, request) => {
      const usual = rule.kernel(request);
      const kernels = candidates(usual, rule.variants?.(request) ?? []);
      if (kernels.length === 1) return usual;
      const kernel = switched(kernels, request);
      const key = kernelKey(kind, request);
      keys.set(kernel, key);
      methods.set(
        key,
        kernels.map(({ method = 'usual' }) => method),
      );
      return kernel;
    }),
  );
  const { calls } = planned.plan;
  const contests = [...methods].map(([key, ways]) => ({
    key,
    methods: ways,
    calls: calls.flatMap(({ kernel }, call) => (keys.get(kernel) === key ? [call] : [])),
  }));
  return { planned: withWays(planned, contests), contests };
}

/** Kernels that differ, the usual one first. */
function candidates(usual: Kernel, variants: readonly Variant[]): Kernel[] {
  const byCode = new Map([[usual.code, usual]]);
  for (const { make } of variants) {
    const kernel = make();
    if (!byCode.has(kernel.code)) byCode.set(kernel.code, kernel);
  }
  return [...byCode.values()];
}

/** A kernel that runs one of several, by a number behind its operands. */
function switched(kernels: readonly Kernel[], { inputs, outputs }: Request<object>): Kernel {
  const workspace = Math.max(...kernels.map(({ workspace = 0 }) => workspace));
  const number = inputs.length + outputs.length + (workspace > 0 ? 1 : 0);
  const names = kernels.map((_, i) => `NAME_way${i}`);
  const code = `${kernels.map((kernel, i) => kernel.code.replace(/\bNAME/g, names[i])).join('\n')}
void NAME(struct pool *pool, int me, float *const *a) {
  static void (*const ways[])(struct pool *, int, float *const *) = {${names.join(', ')}};
  ways[*(const int *)a[${number}]](pool, me, a);
}
`;
  return { ...kernels[0], code, ...(workspace > 0 && { workspace }) };
}

/** Gives each contested call the place of its contest's number as a last operand. */
function withWays({ program, plan, ...others }: Planned, contests: readonly Contest[]): Planned {
  const ways: Region = { buffer: 0, place: plan.memory, size: contests.length };
  const calls = [...plan.calls];
  contests.forEach((contest, number) => {
    for (const at of contest.calls) {
      const { regions, ...call } = plan.calls[at];
      calls[at] = { ...call, regions: [...regions, { buffer: 0, place: ways.place + number, size: 1 }] };
    }
  });
  const inputs = new Map([...plan.inputs, [WAYS, ways]]);
  const changed: StepPlan = { ...plan, calls, inputs, memory: plan.memory + ways.size };
  return { program: withInput(program, contests.length), plan: changed, ...others };
}

function withInput(program: Program, count: number): Program {
  const value = new Graph('inference').input(WAYS, { shape: [count], dtype: 'int32' }, 'hyperparameter');
  return { ...program, inputs: [...program.inputs, { name: WAYS, role: 'hyperparameter', value }] };
}
