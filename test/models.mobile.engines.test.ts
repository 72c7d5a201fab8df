// Whole models on the native engine against PyTorch's figures: the networks for small machines.
import { describeModels } from './models.checks.ts';
import { describeNative } from './native.ts';

describeNative('compiled', () => describeModels('native', ['mobilenet-v1', 'mobilenet-v2', 'squeezenet1.1']));
