// Wide ResNet: Zagoruyko & Komodakis, "Wide residual networks", BMVC 2016. Names as in torchvision.
// WRN-50-2-bottleneck of section 3.4: the 3x3 convolutions of ResNet-50 have twice the channels.
import { entry } from './entry.ts';
import { resnet, stem } from './resnet.ts';
import { Bottleneck } from './resnet-blocks.ts';

const WIDENING = 2;

export const wideResnets = {
  'wide-resnet50-2': entry({
    family: 'Wide ResNet',
    description: 'ResNet-50 with twice the channels in its 3x3 convolutions',
    paper: 'Zagoruyko & Komodakis 2016',
    input: [3, 224, 224],
    classes: 1000,
    init: 'kaiming',
    options: { stem },
    build: (options) =>
      resnet(Bottleneck, [3, 4, 6, 3], { ...options, bottleneck: { groupWidth: WIDENING * 64 } }),
  }),
};
