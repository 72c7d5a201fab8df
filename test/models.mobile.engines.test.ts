// Mobile networks on the native engine against PyTorch.
import { describeModels } from './models.checks.ts';
import { describeNative } from './native.ts';

const names = [
  ...['mobilenet-v1', 'mobilenet-v2', 'mobilenet-v3-small', 'shufflenet-v2-x0.5', 'squeezenet1.1'],
  'efficientnet-b0',
];

describeNative('compiled', () => describeModels('native', names));
