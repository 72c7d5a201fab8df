// The rule for convolutions.
import { lines } from '../../compiler/code.ts';
import type { FusedAttributes } from '../../compiler/instruction.ts';
import type { Kernel, KernelRule, Operand, Request, Want } from '../../compiler/kernel.ts';
import { imageGeometry, noHalo, plain } from '../../compiler/layout.ts';
import { needsClearing } from '../lanes.ts';
import { assemble } from './assemble.ts';
import { depthwise } from './depthwise.ts';
import { type Epilogue, epilogueFunction, extrasOf, realLanes, withoutAddition } from './epilogue.ts';
import { filterLayout } from './filter.ts';
import { mergeCode } from './filter-code.ts';
import { forwardGeometry, type Phase } from './geometry.ts';
import type { TapProblem } from './problem.ts';
import { methodOf, type Scheduled, scheduled, schedules } from './schedule.ts';
import { anyImage, type Convolution, convolution, isDepthwise, isPlain, readsPlanes } from './shapes.ts';
import { tapConvolution } from './tap-convolution.ts';
import { type Source, sampledSource, sourceOf } from './view.ts';
import { winogradConv, winogradConvVariants, winogradHalo } from './winograd/index.ts';
import { transformedLayout } from './winograd/transformed.ts';

type ConvFused = FusedAttributes['Conv'];

export const convRule: KernelRule<ConvFused> = {
  layouts({ inputs, outputs, attributes, target }) {
    const [x, weight] = inputs as readonly [(typeof inputs)[0], (typeof inputs)[0]];
    const y = outputs[0];
    const { halo } = forwardGeometry(x.shape, weight.shape, y.shape, attributes);
    const planes = isPlain(x) && readsPlanes(x.shape, attributes, target);
    const shapes = { x: x.shape, weight: weight.shape, y: y.shape };
    const transformed = weight.constant && !planes && transformedLayout(attributes, shapes, target);
    return {
      inputs: [
        planes ? plain : { kind: 'image', halo: transformed ? winogradHalo(attributes) : halo },
        transformed || filterLayout(weight.shape, attributes.group, target.lanes),
        ...inputs.slice(2).map(({ shape }): Want => (shape.length === 4 ? anyImage : plain)),
      ],
      outputs: [{ kind: 'image', halo: noHalo }],
    };
  },

  kernel(request) {
    const problem = problemOf(request);
    if (isDepthwise(problem)) return depthwiseForward(request, problem);
    return winogradConv(request) ?? tapForward(request, problem, scheduled(tapsOf(request, problem)));
  },

  variants(request) {
    const problem = problemOf(request);
    if (isDepthwise(problem)) return [];
    const direct = schedules(tapsOf(request, problem)).map((taps) => ({
      method: methodOf(taps.schedule),
      make: () => tapForward(request, problem, taps),
    }));
    return [...winogradConvVariants(request), ...direct];
  },

  // Passes over channels leave sums in the output, so that only what sums start from may lie there.
  inPlace: (attributes) => (startsFromResidual(attributes) ? [[attributes.bias ? 3 : 2, 0]] : []),
};

function problemOf({ inputs, outputs, attributes, target }: Request<ConvFused>): Convolution {
  const [x, weight] = inputs as readonly [Operand, Operand];
  return convolution(x.shape, weight.shape, outputs[0].shape, attributes, target);
}

function epilogueOf({ attributes, inputs, outputs, target }: Request<ConvFused>): Epilogue {
  const { bias, affine, residual, epilogue } = attributes;
  const last = inputs[inputs.length - 1];
  const image = residual ? imageGeometry(last.shape, last.layout, target.lanes) : undefined;
  const addend = startsFromResidual(attributes) ? image : undefined;
  const formula = addend && epilogue ? withoutAddition(epilogue) : epilogue;
  return {
    bias,
    affine,
    ...(addend && { addend }),
    ...(image && !addend && { residual: image }),
    ...(formula && formula.kind !== 'operand' && { formula }),
    clear: needsClearing(epilogue, outputs[0].shape[1], target),
  };
}

/** Whether the residual is but added to the sum, so that the sum may start from it. */
function startsFromResidual({ affine, residual, epilogue }: ConvFused): boolean {
  return residual && !affine && epilogue !== undefined && withoutAddition(epilogue) !== undefined;
}

const input = (name: string) => ({ name, type: 'const float *' }) as const;

function operandsOf(epilogue: Epilogue) {
  const extras = extrasOf(epilogue).filter(({ name }) => name !== 'real');
  return [
    input('x'),
    input('weight'),
    ...extras.map(({ name }) => input(name)),
    { name: 'y', type: 'float *' } as const,
  ];
}

/** What is read, and in which phases: pixels that strides skip may be omitted beforehand. */
function readingOf({ inputs, target: { lanes } }: Request<ConvFused>, problem: Convolution): Reading {
  const { x, weight, y, attributes } = problem;
  const image = inputs[0];
  if (samples(problem) && !isPlain(image)) {
    const sampled = [...x.slice(0, 2), ...y.slice(2)];
    const { phases } = forwardGeometry(sampled, weight, y, { ...attributes, strides: [1, 1] });
    return { source: sampledSource(image, attributes.strides, lanes), phases };
  }
  const { phases, halo } = forwardGeometry(x, weight, y, attributes);
  return { source: sourceOf(image, halo, lanes), phases };
}

/** Output pixels of an image below which, and images from which, it pays to lay the pixels that are read side by side. */
const FEW_PIXELS = 28 * 28;
const SEVERAL_IMAGES = 4;

/** Whether there is one tap, so that strides leave pixels out, and copying the others takes less time than it saves. */
function samples({ x, y, taps, attributes: { pads, strides } }: Convolution): boolean {
  const leavesOut = taps === 1 && pads.every((pad) => pad === 0) && strides.some((stride) => stride > 1);
  return leavesOut && x[0] >= SEVERAL_IMAGES && y[2] * y[3] < FEW_PIXELS;
}

interface Reading {
  readonly source: Source;
  readonly phases: readonly Phase[];
}

function tapsOf(request: Request<ConvFused>, problem: Convolution): TapProblem {
  const { outputs, target } = request;
  const { x, y, grouping, filter, kernelWidth } = problem;
  const { source, phases } = readingOf(request, problem);
  return {
    target,
    images: x[0],
    groups: grouping.groups,
    input: source.view,
    channels: grouping.inputs,
    filter,
    kernelWidth,
    output: imageGeometry(y, outputs[0].layout, target.lanes),
    outputs: grouping.outputs,
    phases,
    epilogue: epilogueOf(request),
  };
}

function tapForward(request: Request<ConvFused>, problem: Convolution, scheduled: Scheduled): Kernel {
  const { target } = request;
  const { weight, y, grouping, filter, taps } = problem;
  const { source } = readingOf(request, problem);
  const { epilogue } = scheduled.problem;
  const merges = grouping.merged > 1;
  const code = tapConvolution(scheduled);
  const merging = { grouping, weight, taps, lanes: target.lanes };
  return assemble({
    functions: lines(realLanes(epilogue, y[1], target.lanes), epilogueFunction(epilogue), code.functions),
    operands: operandsOf(epilogue),
    scratch: [
      { name: 'pixels', floats: source.workspace },
      { name: 'merged', floats: merges ? filter.size : 0 },
    ],
    declarations: lines(
      `const float *w = ${merges ? 'merged' : 'weight'};`,
      epilogue.clear && 'const int32_t *real = NAME_real;',
    ),
    stages: [
      lines(source.prepare('x', 'pixels'), merges && mergeCode(merging, false, 'weight', 'merged')),
      lines(source.workspace > 0 && 'x = pixels;', code.statements),
    ],
    flops: problem.flops,
    method: methodOf(scheduled.schedule),
  });
}

function depthwiseForward(request: Request<ConvFused>, problem: Convolution): Kernel {
  const { inputs, outputs, target } = request;
  const { x, weight, y, attributes, kernelWidth } = problem;
  const epilogue = epilogueOf(request);
  const code = depthwise({
    target,
    input: imageGeometry(x, inputs[0].layout, target.lanes),
    output: imageGeometry(y, outputs[0].layout, target.lanes),
    phases: forwardGeometry(x, weight, y, attributes).phases,
    taps: problem.taps,
    kernelWidth,
    epilogue,
  });
  return assemble({
    functions: lines(realLanes(epilogue, y[1], target.lanes), epilogueFunction(epilogue), code.functions),
    operands: operandsOf(epilogue),
    scratch: [],
    declarations: lines('const float *w = weight;', epilogue.clear && 'const int32_t *real = NAME_real;'),
    stages: [code.statements],
    flops: problem.flops,
  });
}
