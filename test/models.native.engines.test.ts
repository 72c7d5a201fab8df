// Classic networks on the native engine against PyTorch. Compiling one takes long.
import { describeModels } from './models.checks.ts';
import { describeNative } from './native.ts';

const names = [
  ...['lenet5', 'lenet-sigmoid', 'resnet20-cifar', 'resnet18', 'resnet18 residual=false'],
  'googlenet auxiliary=true',
];

describeNative('compiled', () => describeModels('native', names));
