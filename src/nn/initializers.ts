// Initializers of parameters, as frameworks and textbooks define them.
// Fan-in and fan-out of a convolution with kernel U x V, C input and K output channels: C / groups U V, and K U V.
import { unknownName } from '../base/errors.ts';
import { RandomStream } from '../tensor/random.ts';
import { sizeOf } from '../tensor/shape.ts';
import { type FloatTensor, floatTensor } from '../tensor/tensor.ts';
import { type Module, namedParameters } from './module.ts';
import type { Fans, Initial, Parameter } from './parameter.ts';

/** Fills a parameter. */
type Fill = (data: Float32Array, stream: RandomStream) => void;

/** The distribution of each kind of parameter. */
interface Initializer {
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
  (std: number): Fill =>
  (data, stream) =>
    stream.fillNormal(data, std);
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
/** PyTorch's `kaiming_uniform_(a=sqrt(5))`, whose limit is 1 / sqrt(fan in). */
const pytorchUniform = ({ fanIn }: Fans) => uniform(1 / Math.sqrt(fanIn));

/** He et al. 2015, eq. 14. */
const kaimingFanOut = ({ fanOut }: Fans) => normal(Math.sqrt(2 / fanOut));
const smallNormal = () => normal(0.01);

const initializers = {
  /**
   * PaddlePaddle's defaults: convolutions Normal(0, sqrt(2 / fan in)) (He et al. 2015, eq. 10), with the input channels of
   * all groups in the fan in (`_ConvNd` in python/paddle/nn/layer/conv.py); linear Xavier, biases 0.
   */
  paddle: {
    convolution: ({ fanIn, groups }) => normal(Math.sqrt(2 / (fanIn * groups))),
    linear: xavierUniform,
    bias: zero,
  },
  /** PyTorch's defaults of layers: weights and biases uniform in ±1 / sqrt(fan in). */
  pytorch: { convolution: pytorchUniform, linear: pytorchUniform, bias: pytorchUniform },
  /** Xavier uniform for all weights, biases 0. */
  xavier: { convolution: xavierUniform, linear: xavierUniform, bias: zero },
  /** torchvision's ResNets: convolutions Kaiming normal with fan out, the rest as PyTorch. */
  kaiming: { convolution: kaimingFanOut, linear: pytorchUniform, bias: pytorchUniform },
  /** torchvision's VGG and MobileNetV2: convolutions Kaiming normal with fan out, linear Normal(0, 0.01), biases 0. */
  'kaiming-normal': { convolution: kaimingFanOut, linear: smallNormal, bias: zero },
  /** torchvision's SqueezeNet: convolutions Kaiming uniform with fan in (He et al. 2015, eq. 10), the rest as above. */
  'kaiming-uniform': {
    convolution: ({ fanIn }) => uniform(Math.sqrt(6 / fanIn)),
    linear: smallNormal,
    bias: zero,
  },
  /** torchvision's EfficientNet: convolutions Kaiming normal with fan out, linear uniform in ±1 / sqrt(fan out), biases 0. */
  efficientnet: {
    convolution: kaimingFanOut,
    linear: ({ fanOut }) => uniform(1 / Math.sqrt(fanOut)),
    bias: zero,
  },
  /** torchvision's GoogLeNet: all weights Normal(0, 0.01); its truncation at 200 standard deviations is omitted. */
  normal: { convolution: smallNormal, linear: smallNormal, bias: pytorchUniform },
} satisfies Record<string, Initializer>;

/** Name of an initializer, as in `--option init=kaiming`. */
export type InitName = keyof typeof initializers;

/** The names of all initializers. */
export const initNames = Object.keys(initializers) as InitName[];

/**
 * Initial values of all parameters and buffers of a module, by name. They depend only on the initializer, the seed and the
 * parameter's name.
 * @param given values to keep, by name
 * @throws UsageError for an unknown initializer
 * @example
 * const weights = initialize(model.network, model.init, 0);
 * weights.get('conv1.weight'); // a tensor of the parameter's shape
 */
export function initialize(
  module: Module,
  initializer: InitName,
  seed: number,
  given: ReadonlyMap<string, FloatTensor> = new Map(),
): Map<string, FloatTensor> {
  if (!Object.hasOwn(initializers, initializer)) throw unknownName('init', initializer, initNames);
  const draw = ({ name, shape, initial }: Parameter) => {
    const data = new Float32Array(sizeOf(shape));
    filler(initial, initializers[initializer])(data, new RandomStream(seed, `init ${name}`));
    return floatTensor(shape, data);
  };
  const parameters = [...namedParameters(module)];
  return new Map(parameters.map(([name, parameter]) => [name, given.get(name) ?? draw(parameter)]));
}

function filler(initial: Initial, initializer: Initializer): Fill {
  if (typeof initial === 'number') return constant(initial);
  if (typeof initial === 'function') return elementwise(initial);
  return initializer[initial.kind](initial);
}
