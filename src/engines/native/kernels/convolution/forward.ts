// The rule for convolutions.
import type { FusedAttributes } from '../../instruction.ts';
import type { Kernel, KernelRule, Operand, Request, Want } from '../../kernel.ts';
import { imageGeometry, noHalo, plain } from '../../layout.ts';
import { winogradConv } from '../winograd/index.ts';
import { assemble } from './assemble.ts';
import { lines } from './code.ts';
import { depthwise } from './depthwise.ts';
import { type Epilogue, extrasOf, movesZero, realLanes } from './epilogue.ts';
import { filterLayout } from './filter.ts';
import { mergeCode } from './filter-code.ts';
import { forwardGeometry } from './geometry.ts';
import { scheduled } from './schedule.ts';
import { anyImage, type Convolution, convolution, isDepthwise, isPlain, readsPlanes } from './shapes.ts';
import { tapConvolution } from './tap-convolution.ts';
import { sourceOf } from './view.ts';

type ConvFused = FusedAttributes['Conv'];

export const convRule: KernelRule<ConvFused> = {
  layouts({ inputs, outputs, attributes, target }) {
    const [x, weight] = inputs as readonly [(typeof inputs)[0], (typeof inputs)[0]];
    const { halo } = forwardGeometry(x.shape, weight.shape, outputs[0]!.shape, attributes);
    const planes = isPlain(x) && readsPlanes(x.shape, attributes, target);
    return {
      inputs: [
        planes ? plain : { kind: 'image', halo },
        filterLayout(weight.shape, attributes.group, target.lanes),
        ...inputs.slice(2).map(({ shape }): Want => (shape.length === 4 ? anyImage : plain)),
      ],
      outputs: [{ kind: 'image', halo: noHalo }],
    };
  },

  kernel(request) {
    const { inputs, outputs, attributes, target } = request;
    const [x, weight] = inputs as readonly [Operand, Operand];
    const problem = convolution(x.shape, weight.shape, outputs[0]!.shape, attributes, target);
    if (isDepthwise(problem)) return depthwiseForward(request, problem);
    return winogradConv(request) ?? tapForward(request, problem);
  },

  // Passes over channels leave sums in the output, so that only what sums start from may lie there.
  inPlace: ({ bias, affine, residual }) => (residual && !affine ? [[bias ? 3 : 2, 0]] : []),
};

function epilogueOf({ attributes, inputs, outputs, target }: Request<ConvFused>): Epilogue {
  const { bias, affine, residual, clip } = attributes;
  const last = inputs.at(-1)!;
  const image = residual ? imageGeometry(last.shape, last.layout, target.lanes) : undefined;
  return {
    bias,
    affine,
    ...(image && !affine ? { addend: image } : {}),
    ...(image && affine ? { residual: image } : {}),
    ...(clip ? { clip } : {}),
    clear: movesZero(clip) && outputs[0]!.shape[1]! % target.lanes !== 0,
  };
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

function tapForward(request: Request<ConvFused>, problem: Convolution): Kernel {
  const { inputs, outputs, target } = request;
  const { x, weight, y, attributes, grouping, filter, taps, kernelWidth } = problem;
  const geometry = forwardGeometry(x, weight, y, attributes);
  const source = sourceOf(inputs[0]!, geometry.halo, target.lanes);
  const epilogue = epilogueOf(request);
  const merges = grouping.merged > 1;
  const code = tapConvolution(
    ...scheduled({
      target,
      images: x[0]!,
      groups: grouping.groups,
      input: source.view,
      channels: grouping.inputs,
      filter,
      kernelWidth,
      output: imageGeometry(y, outputs[0]!.layout, target.lanes),
      outputs: grouping.outputs,
      phases: geometry.phases,
      epilogue,
    }),
  );
  const merging = { grouping, weight, taps, lanes: target.lanes };
  return assemble({
    functions: lines(realLanes(epilogue, y[1]!, target.lanes), code.functions),
    operands: operandsOf(epilogue),
    scratch: [
      { name: 'planes', floats: source.workspace },
      { name: 'merged', floats: merges ? filter.size : 0 },
    ],
    declarations: lines(
      `const float *w = ${merges ? 'merged' : 'weight'};`,
      epilogue.clear && 'const int32_t *real = NAME_real;',
    ),
    stages: [
      lines(source.prepare('x', 'planes'), merges && mergeCode(merging, false, 'weight', 'merged')),
      lines(source.workspace > 0 && 'x = planes;', code.statements),
    ],
    flops: problem.flops,
  });
}

function depthwiseForward(request: Request<ConvFused>, problem: Convolution): Kernel {
  const { inputs, outputs, target } = request;
  const { x, weight, y, attributes, kernelWidth } = problem;
  const epilogue = epilogueOf(request);
  const code = depthwise({
    target,
    input: imageGeometry(x, inputs[0]!.layout, target.lanes),
    output: imageGeometry(y, outputs[0]!.layout, target.lanes),
    phases: forwardGeometry(x, weight, y, attributes).phases,
    taps: problem.taps,
    kernelWidth,
    epilogue,
  });
  return assemble({
    functions: lines(realLanes(epilogue, y[1]!, target.lanes), code.functions),
    operands: operandsOf(epilogue),
    scratch: [],
    declarations: lines('const float *w = weight;', epilogue.clear && 'const int32_t *real = NAME_real;'),
    stages: [code.statements],
    flops: problem.flops,
  });
}
