// Starting values of parameters: the schemes that textbooks and frameworks use.
// fan in and fan out: number of inputs and outputs one weight connects, C/group U V and K U V for a convolution.
import { unknownName } from '../base/errors.ts';
import { RandomStream } from '../tensor/random.ts';
import { sizeOf } from '../tensor/shape.ts';
import { type FloatTensor, floatTensor } from '../tensor/tensor.ts';
import { type Module, namedParameters } from './module.ts';
import type { Fans, Initial, Parameter } from './parameter.ts';

/** Draws all elements of a parameter. */
type Fill = (data: Float32Array, stream: RandomStream) => void;

interface Scheme {
  readonly convolution: (fans: Fans) => Fill;
  readonly linear: (fans: Fans) => Fill;
  readonly bias: (fans: Fans) => Fill;
}

const constant =
  (value: number): Fill =>
  (data) =>
    data.fill(value);
const zero = () => constant(0);
const normal =
  (deviation: number): Fill =>
  (data, stream) =>
    stream.fillNormal(data, deviation);
const uniform =
  (limit: number): Fill =>
  (data, stream) =>
    stream.fillUniform(data, limit);

function elementwise(draw: (stream: RandomStream, index: number) => number): Fill {
  return (data, stream) => {
    for (let index = 0; index < data.length; index++) data[index] = draw(stream, index);
  };
}

/** Glorot & Bengio 2010, eq. 16. */
const xavierUniform = ({ fanIn, fanOut }: Fans) => uniform(Math.sqrt(6 / (fanIn + fanOut)));
/** PyTorch's `kaiming_uniform_(a=sqrt(5))`: the limit comes to 1 / sqrt(fan in). */
const pytorchUniform = ({ fanIn }: Fans) => uniform(1 / Math.sqrt(fanIn));

/** He et al. 2015, eq. 14. */
const kaimingFanOut = ({ fanOut }: Fans) => normal(Math.sqrt(2 / fanOut));
const smallNormal = () => normal(0.01);

const schemes = {
  /**
   * PaddlePaddle's defaults: convolutions Normal(0, sqrt(2 / fan in)) (He et al. 2015, eq. 10), with the input channels of
   * all groups in the fan in (`_ConvNd` in python/paddle/nn/layer/conv.py); linear Xavier, biases 0.
   */
  paddle: {
    convolution: ({ fanIn, groups }) => normal(Math.sqrt(2 / (fanIn * groups))),
    linear: xavierUniform,
    bias: zero,
  },
  /** PyTorch's defaults for layers: weights and biases uniform within 1 / sqrt(fan in). */
  pytorch: { convolution: pytorchUniform, linear: pytorchUniform, bias: pytorchUniform },
  /** Xavier uniform for all weights, biases 0. */
  xavier: { convolution: xavierUniform, linear: xavierUniform, bias: zero },
  /** torchvision's for ResNets: convolutions Kaiming normal over fan out, the rest as PyTorch. */
  kaiming: { convolution: kaimingFanOut, linear: pytorchUniform, bias: pytorchUniform },
  /** torchvision's for VGG and MobileNetV2: convolutions as above, linear Normal(0, 0.01), biases 0. */
  'kaiming-normal': { convolution: kaimingFanOut, linear: smallNormal, bias: zero },
  /** torchvision's for SqueezeNet: convolutions Kaiming uniform over fan in (He et al. 2015, eq. 10), the rest as above. */
  'kaiming-uniform': {
    convolution: ({ fanIn }) => uniform(Math.sqrt(6 / fanIn)),
    linear: smallNormal,
    bias: zero,
  },
  /** torchvision's for GoogLeNet: all weights Normal(0, 0.01); its bounds, 200 deviations away, are left out. */
  normal: { convolution: smallNormal, linear: smallNormal, bias: pytorchUniform },
} satisfies Record<string, Scheme>;

export type InitName = keyof typeof schemes;
export const initNames = Object.keys(schemes) as InitName[];

/**
 * Starting values of all parameters and buffers of a module, by name: those given, and for the rest functions of the seed
 * and the parameter's name.
 * @throws UsageError for an unknown scheme
 */
export function initialize(
  module: Module,
  scheme: InitName,
  seed: number,
  given: ReadonlyMap<string, FloatTensor> = new Map(),
): Map<string, FloatTensor> {
  if (!(scheme in schemes)) throw unknownName('init', scheme, initNames);
  const draw = ({ name, shape, initial }: Parameter) => {
    const data = new Float32Array(sizeOf(shape));
    filler(initial, schemes[scheme])(data, new RandomStream(seed, `init ${name}`));
    return floatTensor(shape, data);
  };
  const parameters = [...namedParameters(module)];
  return new Map(parameters.map(([name, parameter]) => [name, given.get(name) ?? draw(parameter)]));
}

function filler(initial: Initial, scheme: Scheme): Fill {
  if (typeof initial === 'number') return constant(initial);
  if (typeof initial === 'function') return elementwise(initial);
  return scheme[initial.kind](initial);
}
