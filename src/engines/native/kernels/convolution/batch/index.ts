// Convolutions of few channels: the lanes hold images instead, so that none of them is empty.
import { add } from '../../../../../expressions/builders.ts';
import { operand } from '../../../../../expressions/expression.ts';
import type { ConvAttributes, ConvGradWeightAttributes } from '../../../../../ops/conv.ts';
import type { Shape } from '../../../../../tensor/shape.ts';
import type { FusedAttributes } from '../../../compiler/instruction.ts';
import type { LayoutRequest, Operand, Target } from '../../../compiler/kernel.ts';
import { batch, plain } from '../../../compiler/layout.ts';
import type { SpecialRule } from '../../special-rule.ts';
import { type FilterSteps, filterLayout, filterSteps } from '../filter.ts';
import { backwardGeometry, forwardGeometry, type Geometry } from '../geometry.ts';
import { type Along, planesOf, tapsOf } from './geometry.ts';
import { batchGradWeight } from './grad-weight.ts';
import { batchProduct } from './product.ts';

type Given = LayoutRequest<object>['inputs'][number];

/**
 * Whether images are better in the lanes than channels: they fill them, and the channels on a side would leave more than half
 * of them empty. The channels of the network's own images do not count, as their gradient is not wanted.
 */
function fewChannels(
  x: Shape,
  weight: Shape,
  { group }: ConvAttributes,
  lanes: number,
  isFirst: boolean,
): boolean {
  const [outputs, inputs] = weight as readonly [number, number];
  const fewest = isFirst ? outputs : Math.min(outputs, inputs);
  return group === 1 && x[0] % lanes === 0 && 2 * fewest < lanes;
}

const isBatch = (operand: Operand | undefined) => operand?.layout.kind === 'batch';

export const batchConvRule: SpecialRule<FusedAttributes['Conv']> = {
  layouts({ inputs, attributes, target: { lanes } }) {
    const [x, weight, ...others] = inputs as readonly [Given, Given, ...Given[]];
    const isFirst = x.layout.kind === 'plain';
    if (!fewChannels(x.shape, weight.shape, attributes, lanes, isFirst)) return undefined;
    const wanted = others.map(({ shape }) => (shape.length === 4 ? batch : plain));
    return { inputs: [batch, filterLayout(weight.shape, 1, lanes), ...wanted], outputs: [batch] };
  },

  kernel({ inputs: [x, weight], outputs: [y], attributes, target }) {
    if (!isBatch(x)) return undefined;
    const { bias, affine, residual, epilogue: formula } = attributes;
    const geometry = forwardGeometry(x.shape, weight.shape, y.shape, attributes);
    const { outputs: to, inputs: from } = filterOf(weight.shape, target);
    const epilogue = { bias, affine, residual, formula };
    const kernel = batchProduct({
      ...productOf(x, y, weight.shape, geometry, target),
      to,
      from,
      epilogue,
    });
    return { ...kernel, flops: flopsOf(weight.shape, y.shape) };
  },
};

export const batchConvGradInputRule: SpecialRule<FusedAttributes['ConvGradInput']> = {
  layouts({ inputs, attributes, target: { lanes } }) {
    const [, weight, ...addend] = inputs as readonly [Given, Given, ...Given[]];
    if (!fewChannels(attributes.inputShape, weight.shape, attributes, lanes, false)) return undefined;
    const filter = filterLayout(weight.shape, 1, lanes);
    return { inputs: [batch, filter, ...addend.map(() => batch)], outputs: [batch] };
  },

  kernel({ inputs: [dy, weight], outputs: [dx], attributes, target }) {
    if (!isBatch(dy)) return undefined;
    const geometry = backwardGeometry(dx.shape, weight.shape, dy.shape, attributes);
    const { inputs: to, outputs: from } = filterOf(weight.shape, target);
    const formula = attributes.addend ? add(operand(0), operand(1)) : undefined;
    const epilogue = { bias: false, affine: false, residual: attributes.addend, formula };
    const kernel = batchProduct({
      ...productOf(dy, dx, weight.shape, geometry, target),
      to,
      from,
      epilogue,
    });
    return { ...kernel, flops: flopsOf(weight.shape, dy.shape) };
  },
};

export const batchConvGradWeightRule: SpecialRule<ConvGradWeightAttributes> = {
  layouts({ inputs: [x], attributes, target: { lanes } }) {
    const { weightShape } = attributes;
    const isFirst = x.layout.kind === 'plain';
    if (!fewChannels(x.shape, weightShape, attributes, lanes, isFirst)) return undefined;
    return { inputs: [batch, batch], outputs: [filterLayout(weightShape, 1, lanes)] };
  },

  kernel({ inputs: [x, dy], attributes, target }) {
    if (!isBatch(x)) return undefined;
    const { weightShape } = attributes;
    const geometry = forwardGeometry(x.shape, weightShape, dy.shape, attributes);
    const [height, width] = [dy.shape[2], dy.shape[3]];
    const { steps, outputs, inputs } = filterOf(weightShape, target);
    const kernel = batchGradWeight({
      target,
      x: planesOf(x.shape, target.lanes),
      dy: planesOf(dy.shape, target.lanes),
      rows: tapsOf(rowPhases(geometry), height, x.shape[2]),
      columns: tapsOf(columnPhases(geometry), width, x.shape[3]),
      kernel: [weightShape[2], weightShape[3]],
      tap: steps.tap,
      size: steps.size,
      outputs,
      inputs,
    });
    return { ...kernel, flops: flopsOf(weightShape, dy.shape) };
  },
};

function productOf(input: Operand, output: Operand, weight: Shape, geometry: Geometry, target: Target) {
  const [read, written] = [planesOf(input.shape, target.lanes), planesOf(output.shape, target.lanes)];
  return {
    target,
    input: read,
    output: written,
    rows: tapsOf(rowPhases(geometry), written.height, read.height),
    columns: tapsOf(columnPhases(geometry), written.width, read.width),
    kernel: [weight[2], weight[3]] as const,
    tap: filterOf(weight, target).steps.tap,
  };
}

const rowPhases = ({ phases }: Geometry) => phases.map(({ rows }) => rows);
const columnPhases = ({ phases }: Geometry) => phases.map(({ columns }) => columns);

interface Filter {
  readonly steps: FilterSteps;
  readonly outputs: Along;
  readonly inputs: Along;
}

/** Weights as channels in the lanes would want them, so that programs of all batch sizes share them. */
function filterOf([outputs, inputs, height, width]: Shape, { lanes }: Target): Filter {
  const steps = filterSteps({ groups: 1, inputs: inputs, outputs: outputs }, height * width, lanes);
  return {
    steps,
    outputs: { count: outputs, unit: steps.channel, step: 1, jump: steps.outputs },
    inputs: { count: inputs, unit: lanes, step: steps.channel, jump: steps.block },
  };
}

function flopsOf(weight: Shape, y: Shape): number {
  return 2 * weight.reduce((product, extent) => product * extent, 1) * y[0] * y[2] * y[3];
}
