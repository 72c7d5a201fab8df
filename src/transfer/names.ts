// Translates parameter names of other frameworks and networks to those of torchvision.

/** Role of a tensor in its layer. */
export type Role = 'weight' | 'bias' | 'running_mean' | 'running_var';

/** Last parts of names by role, in PyTorch, Paddle, Keras and Flax. */
const endings: Readonly<Record<Role, readonly string[]>> = {
  weight: ['weight', 'gamma', 'scale', 'kernel', 'depthwise_kernel', 'w', 'W', 'w_0'],
  bias: ['bias', 'beta', 'b', 'b_0'],
  running_mean: ['running_mean', '_mean', 'moving_mean', 'mean', 'w_1'],
  running_var: ['running_var', '_variance', 'moving_variance', 'moving_var', 'variance', 'var', 'w_2'],
};

const roles: ReadonlyMap<string, Role> = new Map(
  (Object.keys(endings) as Role[]).flatMap((role) => endings[role].map((ending) => [ending, role] as const)),
);

/** Translations of names in other implementations of the same networks; the first match counts. */
const translations: readonly (readonly [RegExp, (...groups: string[]) => string])[] = [
  // Hugging Face's ResNet: https://github.com/huggingface/transformers, models/resnet/modeling_resnet.py
  [
    /^(?:resnet\.)?embedder\.embedder\.(convolution|normalization)\.(\w+)$/,
    (part, role) => `${part === 'convolution' ? 'conv1' : 'bn1'}.${role}`,
  ],
  [
    /^(?:resnet\.)?encoder\.stages\.(\d+)\.layers\.(\d+)\.layer\.(\d+)\.(convolution|normalization)\.(\w+)$/,
    (stage, block, layer, part, role) =>
      `layer${Number(stage) + 1}.${block}.${part === 'convolution' ? 'conv' : 'bn'}${Number(layer) + 1}.${role}`,
  ],
  [
    /^(?:resnet\.)?encoder\.stages\.(\d+)\.layers\.(\d+)\.shortcut\.(convolution|normalization)\.(\w+)$/,
    (stage, block, part, role) =>
      `layer${Number(stage) + 1}.${block}.downsample.${part === 'convolution' ? 0 : 1}.${role}`,
  ],
  [/^classifier\.1\.(weight|bias)$/, (role) => `fc.${role}`],
  // Common in ResNets for CIFAR.
  [/^(.+)\.shortcut\.([01]\.\w+)$/, (block, rest) => `${block}.downsample.${rest}`],
  [/^linear\.(weight|bias)$/, (role) => `fc.${role}`],
];

/** Splits a name into its layer and its last part. Keras separates parts by slashes and appends `:0`. */
export function splitName(name: string): readonly [owner: string, ending: string] {
  const plain = name.replace(/:\d+$/, '').replaceAll('/', '.');
  const dot = plain.lastIndexOf('.');
  return [plain.slice(0, Math.max(0, dot)), plain.slice(dot + 1)];
}

/** The role of a tensor, if its name tells. */
export function tensorRole(name: string): Role | undefined {
  return roles.get(splitName(name)[1]);
}

/** Possible names of a tensor in torchvision, its own name first. */
export function possibleNames(name: string): readonly string[] {
  const [owner, ending] = splitName(name);
  const role = roles.get(ending);
  const own = role ? `${owner === '' ? '' : `${owner}.`}${role}` : name;
  const names = own === name ? [name] : [name, own];
  for (const [pattern, rename] of translations) {
    const match = pattern.exec(own);
    if (match) return [...names, rename(...match.slice(1))];
  }
  return names;
}
