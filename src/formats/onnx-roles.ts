// The roles of the initializers of an ONNX graph: `layer1.0.conv1.weight`. Exporters give initializers names of their own
// (`onnx::Conv_193`), mostly where batch normalization was folded into convolutions.

/** What determines the role of an initializer: operator, name, inputs and first output of a node. */
export interface GraphNode {
  readonly operator: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly output: string;
}

/** The inputs of each operator, under PyTorch's names. */
const inputRoles: Readonly<Record<string, readonly string[]>> = {
  Conv: ['', 'weight', 'bias'],
  Gemm: ['', 'weight', 'bias'],
  MatMul: ['', 'weight'],
  BatchNormalization: ['', 'weight', 'bias', 'running_mean', 'running_var'],
};

/** The initializer of each role. PyTorch writes equal initializers once, and renames them by Identity nodes. */
export function findRoles(nodes: readonly GraphNode[]): Map<string, string> {
  const roles = new Map<string, string>();
  const copies = new Map<string, string>();
  for (const { operator, name, inputs, output } of nodes) {
    if (operator === 'Identity' && inputs[0]) copies.set(output, copies.get(inputs[0]) ?? inputs[0]);
    const path = modulePath(name, operator);
    if (path === '' || !Object.hasOwn(inputRoles, operator)) continue;
    for (const [index, role] of inputRoles[operator].entries()) {
      const input = inputs[index];
      const full = `${path}.${role}`;
      if (role !== '' && input && !roles.has(full)) roles.set(full, copies.get(input) ?? input);
    }
  }
  return roles;
}

/**
 * The module of a node, by the name of the node. PyTorch names nodes by the path of scopes, where a part of a Sequential
 * repeats its parent: `/layer1/layer1.0/conv1/Conv` is `layer1.0.conv1`. Fovea names them by the module: `layer1.0.conv1`.
 */
function modulePath(name: string, operator: string): string {
  const scopes = name.split('/').filter((scope) => scope !== '');
  if (scopes.at(-1)?.replace(/_\d+$/, '') === operator) scopes.pop();
  return scopes.reduce(joined, '');
}

/** `features.0` and `features.0.1` are `features.0.1`; `layer1.0` and `downsample.0` after `downsample`, too. */
function joined(path: string, scope: string): string {
  const parts = path === '' ? [] : path.split('.');
  const repeated = parts.findIndex((_, i) => scope.startsWith(`${parts.slice(i).join('.')}.`));
  return [...(repeated === -1 ? parts : parts.slice(0, repeated)), scope].join('.');
}
