// Mobile networks on the native engine against PyTorch.
import { describeModels } from './models.checks.ts';
import { describeNative } from './native.ts';

describeNative('compiled', () => describeModels('native', ['mobilenet-v1', 'mobilenet-v2', 'squeezenet1.1']));
