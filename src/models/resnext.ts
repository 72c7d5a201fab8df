// ResNeXt: Xie, Girshick, Dollár, Tu & He, "Aggregated residual transformations for deep neural networks", CVPR 2017.
// A ResNet whose bottlenecks have grouped 3x3 convolutions. Names as in torchvision.
import { entry } from './entry.ts';
import { resnet, stem } from './resnet.ts';
import { Bottleneck } from './resnet-blocks.ts';

/** "32x4d" of table 1: a cardinality of 32, with 4 channels in each group of the first stage. */
const bottleneck = { groups: 32, groupWidth: 4 };

export const resnexts = {
  'resnext50-32x4d': entry({
    family: 'ResNeXt',
    description: 'ResNet-50 with 32 groups of channels in its 3x3 convolutions',
    paper: 'Xie et al. 2017',
    input: [3, 224, 224],
    classes: 1000,
    init: 'kaiming',
    options: { stem },
    build: (options) => resnet(Bottleneck, [3, 4, 6, 3], { ...options, bottleneck }),
  }),
};
