// ResNet: He, Zhang, Ren & Sun, "Deep residual learning for image recognition", CVPR 2016.
// Names and strides as in torchvision. Options: no shortcuts and a stem with bias, as in the textbook, and the usual stem for
// small images.
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  Flatten,
  Linear,
  MaxPool2d,
  type Module,
  ReLU,
  Sequential,
} from '../nn/index.ts';
import { choice, entry, flag } from './entry.ts';
import {
  BasicBlock,
  type BlockOptions,
  Bottleneck,
  type BottleneckOptions,
  type Shortcut,
  type StrideIn,
} from './resnet-blocks.ts';

type Counts = readonly [number, number, number, number];

interface ResNetOptions {
  readonly classes: number;
  readonly inChannels: number;
  readonly residual?: boolean;
  readonly stemBias?: boolean;
  readonly strideIn?: StrideIn;
  readonly stem?: Stem;
  /** Channels of bottlenecks. */
  readonly bottleneck?: Pick<BottleneckOptions, 'groups' | 'groupWidth'>;
}

type Stem = '7x7' | '3x3';

/** `[N, inChannels, H, W]` -> logits `[N, classes]`; `counts` blocks in the four stages (table 1 of the paper). */
export function resnet(
  block: typeof BasicBlock | typeof Bottleneck,
  counts: Counts,
  options: ResNetOptions,
): Module {
  const { classes, residual = true, strideIn = '3x3', bottleneck } = options;
  const { expansion } = block;
  const stage = (index: number) => {
    const width = 64 * 2 ** index;
    const inputs = index === 0 ? 64 : (width / 2) * expansion;
    const first = { inputs, width, stride: index === 0 ? 1 : 2, strideIn, ...bottleneck };
    const rest = { ...first, inputs: width * expansion, stride: 1 };
    const blocks = Array.from({ length: counts[index] }, (_, i) => (i === 0 ? first : rest));
    return new Sequential(
      blocks.map(
        (own) => new block({ ...own, shortcut: residual ? chooseShortcut(own, expansion) : 'none' }),
      ),
    );
  };
  return new Sequential({
    ...createStem(options),
    layer1: stage(0),
    layer2: stage(1),
    layer3: stage(2),
    layer4: stage(3),
    avgpool: new AdaptiveAvgPool2d(1),
    flatten: new Flatten(),
    fc: new Linear(512 * expansion, classes),
  });
}

/** The layers before the stages. The 7x7 stem reduces height and width to a quarter, the 3x3 stem for small images does not. */
function createStem({
  inChannels,
  stem = '7x7',
  stemBias: bias = false,
}: ResNetOptions): Record<string, Module> {
  const rest = { bn1: new BatchNorm2d(64), relu: new ReLU() };
  if (stem === '3x3') return { conv1: new Conv2d(inChannels, 64, 3, { padding: 1, bias }), ...rest };
  return {
    conv1: new Conv2d(inChannels, 64, 7, { stride: 2, padding: 3, bias }),
    ...rest,
    maxpool: new MaxPool2d(3, { stride: 2, padding: 1 }),
  };
}

/** Option B of the paper: a projection if the shape changes, otherwise the identity. */
function chooseShortcut(
  { inputs, width, stride }: Omit<BlockOptions, 'shortcut'>,
  expansion: number,
): Shortcut {
  return stride === 1 && inputs === width * expansion ? 'identity' : 'projection';
}

const row = {
  family: 'ResNet',
  paper: 'He et al. 2016',
  input: [3, 224, 224],
  classes: 1000,
  init: 'kaiming',
} as const;

export const stem = choice(
  ['7x7', '3x3'],
  'first convolution: 7x7 with stride 2 and pooling, or 3x3 for images of about 32x32',
);

const basicOptions = {
  residual: flag(true, 'whether blocks have shortcuts; false builds a plain network'),
  stem,
  stemBias: flag(false, 'whether the first convolution has a bias'),
};

const basic = (layers: number, counts: Counts) =>
  entry({
    ...row,
    description: `Residual network with ${layers} layers in basic blocks`,
    options: basicOptions,
    build: (options) => resnet(BasicBlock, counts, options),
  });

const bottleneckOptions = {
  stem,
  strideIn: choice(
    ['3x3', '1x1'],
    'convolution that has the stride of a block: 3x3 as in torchvision, 1x1 as in the paper',
  ),
};

const bottleneck = (layers: number, counts: Counts) =>
  entry({
    ...row,
    description: `Residual network with ${layers} layers in bottleneck blocks`,
    options: bottleneckOptions,
    build: (options) => resnet(Bottleneck, counts, options),
  });

export const resnets = {
  resnet18: basic(18, [2, 2, 2, 2]),
  resnet34: basic(34, [3, 4, 6, 3]),
  resnet50: bottleneck(50, [3, 4, 6, 3]),
  resnet101: bottleneck(101, [3, 4, 23, 3]),
  resnet152: bottleneck(152, [3, 8, 36, 3]),
};
