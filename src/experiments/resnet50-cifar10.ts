// ResNet-50 on CIFAR-10.
import { cifar10Book, cifar10Note, onCifar10 } from './cifar10.ts';
import type { Experiment } from './experiment.ts';

export const resnet50Cifar10: Experiment = {
  title: 'ResNet-50 on CIFAR-10',
  setting: { model: 'resnet50', ...onCifar10 },
  seeds: 1,
  book: cifar10Book,
  note: cifar10Note,
};
