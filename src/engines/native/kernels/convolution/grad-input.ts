// The rule for the gradient of a convolution with respect to its input: a tap convolution over dy with transposed weights.
import { lines } from '../../compiler/code.ts';
import type { FusedAttributes } from '../../compiler/instruction.ts';
import type { Kernel, KernelRule, Operand, Request } from '../../compiler/kernel.ts';
import { imageGeometry, noHalo } from '../../compiler/layout.ts';
import { assemble } from './assemble.ts';
import { depthwise } from './depthwise.ts';
import type { Epilogue } from './epilogue.ts';
import { filterLayout } from './filter.ts';
import { mergeCode, transposeCode, transposedSteps } from './filter-code.ts';
import { backwardGeometry, type Phase } from './geometry.ts';
import type { TapProblem } from './problem.ts';
import { methodOf, type Scheduled, scheduled, schedules } from './schedule.ts';
import { anyImage, type Convolution, convolution, isDepthwise } from './shapes.ts';
import { tapConvolution } from './tap-convolution.ts';
import { sourceOf } from './view.ts';
import { winogradConvGradInput, winogradConvGradInputVariants } from './winograd/index.ts';

type GradInputFused = FusedAttributes['ConvGradInput'];

export const convGradInputRule: KernelRule<GradInputFused> = {
  layouts({ inputs, attributes, target }) {
    const [dy, weight, ...addend] = inputs as readonly [(typeof inputs)[0], (typeof inputs)[0]];
    const { halo } = backwardGeometry(attributes.inputShape, weight.shape, dy.shape, attributes);
    return {
      inputs: [
        { kind: 'image', halo },
        filterLayout(weight.shape, attributes.group, target.lanes),
        ...addend.map(() => anyImage),
      ],
      outputs: [{ kind: 'image', halo: noHalo }],
    };
  },

  kernel(request) {
    const problem = problemOf(request);
    if (isDepthwise(problem)) return depthwiseGradInput(request, problem);
    return (
      winogradConvGradInput(request) ?? tapGradInput(request, problem, scheduled(tapsOf(request, problem)))
    );
  },

  variants(request) {
    const problem = problemOf(request);
    if (isDepthwise(problem)) return [];
    const direct = schedules(tapsOf(request, problem)).map((taps) => ({
      method: methodOf(taps.schedule),
      make: () => tapGradInput(request, problem, taps),
    }));
    return [...winogradConvGradInputVariants(request), ...direct];
  },

  inPlace: ({ addend }) => (addend ? [[2, 0]] : []),
};

function problemOf({ inputs, attributes, target }: Request<GradInputFused>): Convolution {
  const [dy, weight] = inputs as readonly [Operand, Operand];
  return convolution(attributes.inputShape, weight.shape, dy.shape, attributes, target);
}

function epilogueOf({ inputs, target: { lanes } }: Request<GradInputFused>): Epilogue {
  const addend = inputs[2];
  return addend ? { addend: imageGeometry(addend.shape, addend.layout, lanes) } : {};
}

function operandsOf({ addend }: Epilogue) {
  const input = (name: string) => ({ name, type: 'const float *' }) as const;
  const output = { name: 'y', type: 'float *' } as const;
  return [input('x'), input('weight'), ...(addend ? [input('addend')] : []), output];
}

/** Kernel positions that any phase uses, in order. */
function usedTaps(phases: readonly Phase[], kernelWidth: number): number[] {
  const taps = phases.flatMap(({ rows, columns }) =>
    rows.taps.flatMap((u) => columns.taps.map((v) => u.index * kernelWidth + v.index)),
  );
  return [...new Set(taps)].sort((a, b) => a - b);
}

function tapsOf(request: Request<GradInputFused>, problem: Convolution): TapProblem {
  const { inputs, outputs, target } = request;
  const { x, weight, y, attributes, grouping, taps, kernelWidth } = problem;
  const { phases, halo } = backwardGeometry(x, weight, y, attributes);
  return {
    target,
    images: x[0],
    groups: grouping.groups,
    input: sourceOf(inputs[0], halo, target.lanes).view,
    channels: grouping.outputs,
    filter: transposedSteps(grouping, taps, target.lanes),
    kernelWidth,
    output: imageGeometry(x, outputs[0].layout, target.lanes),
    outputs: grouping.inputs,
    phases,
    epilogue: epilogueOf(request),
  };
}

function tapGradInput(
  { target }: Request<GradInputFused>,
  problem: Convolution,
  scheduled: Scheduled,
): Kernel {
  const { x, weight, y, attributes, grouping, taps, kernelWidth } = problem;
  const { filter, epilogue } = scheduled.problem;
  const { phases } = backwardGeometry(x, weight, y, attributes);
  const code = tapConvolution(scheduled);
  const merging = { grouping, weight, taps, lanes: target.lanes };
  return assemble({
    functions: code.functions,
    operands: operandsOf(epilogue),
    scratch: [{ name: 'w', floats: filter.size }],
    stages: [
      grouping.merged > 1
        ? mergeCode(merging, true, 'weight', 'w')
        : transposeCode(grouping, taps, usedTaps(phases, kernelWidth), target.lanes, 'weight', 'w'),
      code.statements,
    ],
    flops: problem.flops,
    method: methodOf(scheduled.schedule),
  });
}

function depthwiseGradInput(request: Request<GradInputFused>, problem: Convolution): Kernel {
  const { inputs, outputs, target } = request;
  const { x, weight, y, attributes, kernelWidth } = problem;
  const epilogue = epilogueOf(request);
  const code = depthwise({
    target,
    input: imageGeometry(y, inputs[0].layout, target.lanes),
    output: imageGeometry(x, outputs[0].layout, target.lanes),
    phases: backwardGeometry(x, weight, y, attributes).phases,
    taps: problem.taps,
    kernelWidth,
    epilogue,
  });
  return assemble({
    functions: code.functions,
    operands: operandsOf(epilogue),
    scratch: [],
    declarations: lines('const float *w = weight;'),
    stages: [code.statements],
    flops: problem.flops,
  });
}
