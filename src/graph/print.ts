// Formats a graph as text, one line per node.
import { formatShape } from '../tensor/shape.ts';
import type { Node, Value } from './graph.ts';

/**
 * Formats nodes as text, one line per node:
 * `conv1 = Conv(images, conv1.weight, conv1.bias) {strides: [1, 1]} : float32[1, 6, 28, 28]`.
 */
export function formatNodes(nodes: readonly Node[]): string {
  return nodes.map(formatNode).join('\n');
}

function formatNode(node: Node): string {
  const inputs = node.inputs.map((input) => input.name).join(', ');
  const attributes = formatAttributes(node.attributes);
  const outputs = node.outputs.map(formatType).join(', ');
  return `${node.name} = ${node.operator.name}(${inputs})${attributes} : ${outputs}`;
}

function formatType(value: Value): string {
  return `${value.dtype}${formatShape(value.shape)}`;
}

function formatAttributes(attributes: object): string {
  const entries = Object.entries(attributes).map(([key, value]) => `${key}: ${formatAttribute(value)}`);
  return entries.length === 0 ? '' : ` {${entries.join(', ')}}`;
}

function formatAttribute(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(formatAttribute).join(', ')}]` : String(value);
}
