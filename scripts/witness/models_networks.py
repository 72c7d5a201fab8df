"""The built-in models in PyTorch, named `network option=value ...` as on the command line, for 10 classes.

torchvision's where it has the network; else torchvision's changed as the option says, or written out here.
"""
import collections
import functools

import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision.models as tv
from torchvision.models.googlenet import GoogLeNet, Inception, InceptionAux

CLASSES = 10


def named(**layers):
    return nn.Sequential(collections.OrderedDict(layers))


def lenet5():
    return named(
        conv1=nn.Conv2d(1, 6, 5), relu1=nn.ReLU(), pool1=nn.MaxPool2d(2),
        conv2=nn.Conv2d(6, 16, 5), relu2=nn.ReLU(), pool2=nn.AvgPool2d(2),
        conv3=nn.Conv2d(16, 120, 5), relu3=nn.ReLU(), flatten=nn.Flatten(),
        fc1=nn.Linear(120, 84), relu4=nn.ReLU(), fc2=nn.Linear(84, CLASSES),
    )


def lenet_sigmoid():
    return named(
        conv1=nn.Conv2d(1, 6, 5), sigmoid1=nn.Sigmoid(), pool1=nn.MaxPool2d(2), sigmoid2=nn.Sigmoid(),
        conv2=nn.Conv2d(6, 16, 5), pool2=nn.MaxPool2d(2), conv3=nn.Conv2d(16, 120, 4), flatten=nn.Flatten(),
        fc1=nn.Linear(120, 64), sigmoid3=nn.Sigmoid(), fc2=nn.Linear(64, CLASSES),
    )


def alexnet():
    return named(
        conv1=nn.Conv2d(3, 96, 11, 4, 5), relu1=nn.ReLU(), pool1=nn.MaxPool2d(2),
        conv2=nn.Conv2d(96, 256, 5, 1, 2), relu2=nn.ReLU(), pool2=nn.MaxPool2d(2),
        conv3=nn.Conv2d(256, 384, 3, 1, 1), relu3=nn.ReLU(),
        conv4=nn.Conv2d(384, 384, 3, 1, 1), relu4=nn.ReLU(),
        conv5=nn.Conv2d(384, 256, 3, 1, 1), relu5=nn.ReLU(), pool5=nn.MaxPool2d(2), flatten=nn.Flatten(),
        fc1=nn.Linear(12544, 4096), relu6=nn.ReLU(), fc2=nn.Linear(4096, 4096), relu7=nn.ReLU(),
        fc3=nn.Linear(4096, CLASSES),
    )


class ConvReLU(nn.Module):
    def __init__(self, inputs, outputs, **options):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, **options)

    def forward(self, x):
        return F.relu(self.conv(x))


def googlenet(auxiliary=False):
    """The textbook's: torchvision's without batch norm, with biases, the paper's 5x5 kernels, and padded pools."""
    blocks = [ConvReLU, *(functools.partial(block, conv_block=ConvReLU) for block in (Inception, InceptionAux))]
    model = GoogLeNet(CLASSES, aux_logits=auxiliary, init_weights=False, blocks=blocks)
    model.conv1.conv.stride = (1, 1)
    for name, part in model.named_children():
        if isinstance(part, Inception):
            three = part.branch3[1].conv
            part.branch3[1] = ConvReLU(three.in_channels, three.out_channels, kernel_size=5, padding=2)
        if name.startswith("maxpool"):
            setattr(model, name, nn.MaxPool2d(3, 2, 1))
    model.dropout = nn.Identity()
    return model


def without_shortcuts(model):
    """The ablation: the blocks' layers stacked plainly."""
    def forward(self, x):
        return self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))))

    for block in blocks_of(model):
        block.downsample = None
        block.forward = forward.__get__(block)
    return model


def blocks_of(model):
    return [block for layer in (model.layer1, model.layer2, model.layer3, model.layer4) for block in layer]


def with_small_stem(model):
    model.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    model.maxpool = nn.Identity()
    return model


def with_stem_bias(model):
    model.conv1 = nn.Conv2d(3, 64, 7, 2, 3)
    return model


def with_early_stride(model):
    for block in blocks_of(model):
        block.conv1.stride, block.conv2.stride = block.conv2.stride, block.conv1.stride
    return model


def resnet50_projection():
    """torchvision's with the projections that it lacks, no batch norm and ReLU in the stem, and biases everywhere."""
    model = tv.resnet50(num_classes=CLASSES)
    model.bn1, model.relu = nn.Identity(), nn.Identity()
    for block, shortcut in zip(blocks_of(model), "PII" "PIIP" "PIIPPP" "PPP"):
        if shortcut == "P" and block.downsample is None:
            channels = block.conv3.out_channels
            block.downsample = nn.Sequential(nn.Conv2d(channels, channels, 1), nn.BatchNorm2d(channels))
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            module.bias = nn.Parameter(torch.zeros(module.out_channels))
    return model


class CifarBlock(nn.Module):
    def __init__(self, inputs, width):
        super().__init__()
        self.stride = width // inputs
        self.conv1 = nn.Conv2d(inputs, width, 3, self.stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

    def forward(self, x):
        side = (self.bn1.num_features - x.shape[1]) // 2
        shortcut = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, side, side))
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + shortcut)


def resnet_cifar(layers):
    count = (layers - 2) // 6

    def stage(inputs, width):
        return nn.Sequential(*(CifarBlock(inputs if i == 0 else width, width) for i in range(count)))

    return named(
        conv1=nn.Conv2d(3, 16, 3, 1, 1, bias=False), bn1=nn.BatchNorm2d(16), relu=nn.ReLU(),
        layer1=stage(16, 16), layer2=stage(16, 32), layer3=stage(32, 64),
        pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), linear=nn.Linear(64, CLASSES),
    )


def mobilenet_v1():
    def convolution(inputs, outputs, *options, **more):
        return [nn.Conv2d(inputs, outputs, *options, bias=False, **more), nn.BatchNorm2d(outputs), nn.ReLU()]

    layers = [nn.Sequential(*convolution(3, 32, 3, 2, 1))]
    inputs = 32
    for outputs in [64, -128, 128, -256, 256, -512, 512, 512, 512, 512, 512, -1024, 1024]:  # minus: stride 2
        stride, outputs = (2, -outputs) if outputs < 0 else (1, outputs)
        depthwise = convolution(inputs, inputs, 3, stride, 1, groups=inputs)
        layers.append(nn.Sequential(*depthwise, *convolution(inputs, outputs, 1)))
        inputs = outputs
    return named(
        features=nn.Sequential(*layers), pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(),
        classifier=nn.Linear(1024, CLASSES),
    )


def torchvision(name, **options):
    return lambda: getattr(tv, name)(num_classes=CLASSES, **options)


def loss_of(model, images, labels):
    """Cross-entropy; that of GoogLeNet's auxiliary classifiers counts 0.3 (section 5 of its paper)."""
    outputs = model(images)
    if isinstance(outputs, torch.Tensor):
        return F.cross_entropy(outputs, labels)
    auxiliary = F.cross_entropy(outputs.aux_logits1, labels) + F.cross_entropy(outputs.aux_logits2, labels)
    return F.cross_entropy(outputs.logits, labels) + 0.3 * auxiliary


NETWORKS = {
    "lenet5": lenet5,
    "lenet-sigmoid": lenet_sigmoid,
    "alexnet": alexnet,
    "alexnet-torchvision": torchvision("alexnet"),
    **{f"vgg{n}": torchvision(f"vgg{n}") for n in (11, 13, 16, 19)},
    **{f"vgg{n}-bn": torchvision(f"vgg{n}_bn") for n in (11, 13, 16, 19)},
    "googlenet": googlenet,
    "googlenet auxiliary=true": lambda: googlenet(auxiliary=True),
    "googlenet batchNorm=true stemStride=2": torchvision("googlenet", aux_logits=False, init_weights=False),
    "googlenet batchNorm=true stemStride=2 auxiliary=true": torchvision("googlenet", init_weights=False),
    **{f"resnet{n}": torchvision(f"resnet{n}") for n in (18, 34, 50, 101, 152)},
    "resnet18 residual=false": lambda: without_shortcuts(tv.resnet18(num_classes=CLASSES)),
    "resnet18 stemBias=true": lambda: with_stem_bias(tv.resnet18(num_classes=CLASSES)),
    "resnet18 stem=3x3": lambda: with_small_stem(tv.resnet18(num_classes=CLASSES)),
    "resnet50 strideIn=1x1": lambda: with_early_stride(tv.resnet50(num_classes=CLASSES)),
    "resnet50-projection": resnet50_projection,
    "resnext50-32x4d": torchvision("resnext50_32x4d"),
    "wide-resnet50-2": torchvision("wide_resnet50_2"),
    **{f"resnet{n}-cifar": functools.partial(resnet_cifar, n) for n in (20, 32, 44, 56)},
    "mobilenet-v1": mobilenet_v1,
    "mobilenet-v2": torchvision("mobilenet_v2"),
    "mobilenet-v3-small": torchvision("mobilenet_v3_small"),
    "mobilenet-v3-large": torchvision("mobilenet_v3_large"),
    "shufflenet-v2-x0.5": torchvision("shufflenet_v2_x0_5"),
    "shufflenet-v2-x1.0": torchvision("shufflenet_v2_x1_0"),
    "squeezenet1.1": torchvision("squeezenet1_1"),
    **{f"densenet{n}": torchvision(f"densenet{n}") for n in (121, 169, 201)},
    **{f"efficientnet-b{n}": torchvision(f"efficientnet_b{n}") for n in range(4)},
}
