// The rule for the gradient of a convolution with respect to its weights.

import type { ConvGradWeightAttributes } from '../../../../ops/conv.ts';
import { lines } from '../../compiler/code.ts';
import type { Kernel, KernelRule, Operand, Request } from '../../compiler/kernel.ts';
import { imageGeometry, plain } from '../../compiler/layout.ts';
import { assemble } from './assemble.ts';
import { depthwiseGradWeight } from './depthwise-grad-weight.ts';
import { filterLayout } from './filter.ts';
import { splitCode } from './filter-code.ts';
import { forwardGeometry } from './geometry.ts';
import { gradWeightCode } from './grad-weight-loops.ts';
import { type GradWeightPlan, gradWeightPlan, gradWeightPlans, methodOf } from './grad-weight-plan.ts';
import type { GradWeightProblem } from './grad-weight-problem.ts';
import { anyImage, type Convolution, convolution, isDepthwise, isPlain, readsPlanes } from './shapes.ts';
import { sourceOf } from './view.ts';
import { winogradConvGradWeight, winogradConvGradWeightVariants } from './winograd/index.ts';

type GradWeightRequest = Request<ConvGradWeightAttributes>;

export const convGradWeightRule: KernelRule<ConvGradWeightAttributes> = {
  layouts({ inputs, attributes, target }) {
    const [x, dy] = inputs as readonly [(typeof inputs)[0], (typeof inputs)[0]];
    const { weightShape } = attributes;
    const { halo } = forwardGeometry(x.shape, weightShape, dy.shape, attributes);
    const planes = isPlain(x) && readsPlanes(x.shape, attributes, target);
    return {
      inputs: [planes ? plain : { kind: 'image', halo }, anyImage],
      outputs: [filterLayout(weightShape, attributes.group, target.lanes)],
    };
  },

  kernel(request) {
    const problem = problemOf(request);
    if (isDepthwise(problem)) return depthwiseKernel(request, problem);
    const direct = () => gradWeightPlan(sumsOf(request, problem), request.attributes.dilations);
    return winogradConvGradWeight(request) ?? tapKernel(request, problem, direct());
  },

  variants(request) {
    const problem = problemOf(request);
    if (isDepthwise(problem)) return [];
    const direct = gradWeightPlans(sumsOf(request, problem), request.attributes.dilations).map((plan) => ({
      method: methodOf(plan),
      make: () => tapKernel(request, problem, plan),
    }));
    return [...winogradConvGradWeightVariants(request), ...direct];
  },
};

function problemOf({ inputs, attributes, target }: GradWeightRequest): Convolution {
  const [x, dy] = inputs as readonly [Operand, Operand];
  return convolution(x.shape, attributes.weightShape, dy.shape, attributes, target);
}

const operands = (output: string) =>
  [
    { name: 'x', type: 'const float *' },
    { name: 'dy', type: 'const float *' },
    { name: output, type: 'float *' },
  ] as const;

function sumsOf({ inputs, target }: GradWeightRequest, problem: Convolution): GradWeightProblem {
  const { x, weight, y, attributes, grouping, filter } = problem;
  const { phases, halo } = forwardGeometry(x, weight, y, attributes);
  return {
    target,
    images: x[0],
    groups: grouping.groups,
    input: sourceOf(inputs[0], halo, target.lanes).view,
    channels: grouping.inputs,
    output: imageGeometry(y, inputs[1].layout, target.lanes),
    outputs: grouping.outputs,
    filter,
    phase: phases[0],
    kernelHeight: weight[2],
    kernelWidth: weight[3],
  };
}

function tapKernel(
  { inputs, target }: GradWeightRequest,
  problem: Convolution,
  plan: GradWeightPlan,
): Kernel {
  const { x, weight, y, attributes, grouping, filter, taps } = problem;
  const source = sourceOf(inputs[0], forwardGeometry(x, weight, y, attributes).halo, target.lanes);
  const merges = grouping.merged > 1;
  const code = gradWeightCode(plan);
  const merging = { grouping, weight, taps, lanes: target.lanes };
  return assemble({
    functions: code.functions,
    operands: operands(merges ? 'weight' : 'dw'),
    scratch: [
      { name: 'planes', floats: source.workspace },
      { name: 'dw', floats: merges ? filter.size : 0 },
      { name: 'partial', floats: code.partial },
    ],
    stages: [
      lines(source.prepare('x', 'planes'), code.clear && `{\n${code.clear}\n}`),
      code.sums && lines(source.workspace > 0 && 'x = planes;', code.sums),
      code.reduce,
      merges ? splitCode(merging, 'dw', 'weight') : '',
    ],
    flops: problem.flops,
    method: methodOf(plan),
  });
}

function depthwiseKernel({ inputs, target }: GradWeightRequest, problem: Convolution): Kernel {
  const { x, weight, y, attributes } = problem;
  const code = depthwiseGradWeight({
    target,
    input: imageGeometry(x, inputs[0].layout, target.lanes),
    output: imageGeometry(y, inputs[1].layout, target.lanes),
    phase: forwardGeometry(x, weight, y, attributes).phases[0],
    taps: problem.taps,
    kernelWidth: problem.kernelWidth,
  });
  return assemble({
    functions: code.functions,
    operands: operands('dw'),
    scratch: [{ name: 'partial', floats: code.partial }],
    stages: [code.sums, code.reduce],
    flops: problem.flops,
  });
}
