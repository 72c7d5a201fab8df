// Models on the onnx engine, and small ones on the reference engine, against PyTorch.
import { describeModels, modelNames } from './models.checks.ts';

// The reference engine takes seconds for a step of a large network.
describeModels('reference', ['lenet5', 'lenet-sigmoid', 'resnet20-cifar']);
describeModels('onnx', modelNames);
