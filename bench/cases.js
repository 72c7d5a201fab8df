// The compared steps, one per row.

const row = (peer, mode, model, input, classes = 10) => ({ peer, mode, model, input, classes });

/** `conv-C-K-KERNEL-STRIDE` is one convolution of C to K channels with both its gradients. Inputs are `[N, C, H, W]`. */
export const cases = [
  row('pytorch', 'train', 'resnet50', [8, 3, 224, 224], 1000),
  row('pytorch', 'train', 'resnet18', [64, 3, 32, 32]),
  row('pytorch', 'train', 'lenet5', [64, 1, 32, 32]),
  row('tensorflow', 'train', 'lenet5', [64, 1, 32, 32]),
  row('pytorch', 'train', 'vgg16', [4, 3, 224, 224], 1000),
  row('pytorch', 'train', 'alexnet', [16, 3, 224, 224], 1000),
  row('pytorch', 'train', 'googlenet', [8, 3, 224, 224], 1000),
  row('pytorch', 'train', 'mobilenet-v2', [8, 3, 224, 224], 1000),
  row('onnxruntime', 'infer', 'resnet50', [8, 3, 224, 224], 1000),
  row('onnxruntime', 'infer', 'resnet50', [1, 3, 224, 224], 1000),
  row('onnxruntime', 'infer', 'lenet5', [1, 1, 32, 32]),
  row('pytorch', 'infer', 'resnet18', [64, 3, 32, 32]),
  row('pytorch', 'infer', 'lenet5', [64, 1, 32, 32]),
  row('pytorch', 'train', 'conv-64-64-3-1', [8, 64, 56, 56]),
  row('pytorch', 'train', 'conv-64-256-1-1', [8, 64, 56, 56]),
  row('pytorch', 'train', 'conv-128-128-3-2', [8, 128, 56, 56]),
  row('pytorch', 'train', 'conv-256-256-3-1', [8, 256, 14, 14]),
  row('pytorch', 'train', 'conv-1024-256-1-1', [8, 1024, 14, 14]),
  row('pytorch', 'train', 'conv-512-512-3-1', [8, 512, 7, 7]),
];
