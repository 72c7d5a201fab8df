// Serializes an ONNX model as protocol buffers, with the subset of onnx.proto that is used here.
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
import { PbfWriter } from 'pbf';
import {
  elementTypes,
  type OnnxAttribute,
  type OnnxModel,
  type OnnxNode,
  type OnnxSubgraph,
  type OnnxTensor,
  type OnnxValueInfo,
} from './graph.ts';

/** Format version 8 was released with operator set 15, so readers of later operator sets support it. */
const IR_VERSION = 8;

/** AttributeProto.AttributeType. */
const attributeTypes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const;

/** The bytes of a `.onnx` file. */
export function writeModel(model: OnnxModel): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, IR_VERSION);
  pbf.writeStringField(2, 'fovea');
  pbf.writeMessage(7, writeGraph, model);
  pbf.writeMessage(8, writeOperatorSet, model.opset);
  for (const entry of Object.entries(model.metadata ?? {})) pbf.writeMessage(14, writeEntry, entry);
  return pbf.finish();
}

function writeOperatorSet(version: number, pbf: PbfWriter): void {
  pbf.writeStringField(1, '');
  pbf.writeVarintField(2, version);
}

function writeEntry([key, value]: readonly [string, string], pbf: PbfWriter): void {
  pbf.writeStringField(1, key);
  pbf.writeStringField(2, value);
}

function writeGraph(model: OnnxModel, pbf: PbfWriter): void {
  for (const node of model.nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, model.name);
  for (const initializer of model.initializers) pbf.writeMessage(5, writeInitializer, initializer);
  for (const input of model.inputs) pbf.writeMessage(11, writeValueInfo, input);
  for (const output of model.outputs) pbf.writeMessage(12, writeValueInfo, output);
}

function writeSubgraph({ name, nodes, output }: OnnxSubgraph, pbf: PbfWriter): void {
  for (const node of nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, name);
  pbf.writeMessage(12, writeValueInfo, output);
}

function writeNode({ operator, name, inputs, outputs, attributes }: OnnxNode, pbf: PbfWriter): void {
  for (const input of inputs) pbf.writeStringField(1, input);
  for (const output of outputs) pbf.writeStringField(2, output);
  pbf.writeStringField(3, name);
  pbf.writeStringField(4, operator);
  for (const attribute of Object.entries(attributes)) pbf.writeMessage(5, writeAttribute, attribute);
}

function writeAttribute([name, value]: readonly [string, OnnxAttribute], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  pbf.writeVarintField(20, attributeTypes[writeAttributeValue(value, pbf)]);
}

function writeAttributeValue(value: OnnxAttribute, pbf: PbfWriter): keyof typeof attributeTypes {
  if (typeof value === 'number') {
    pbf.writeVarintField(3, value);
    return 'int';
  }
  if (typeof value === 'string') {
    pbf.writeStringField(4, value);
    return 'string';
  }
  if ('float' in value) {
    pbf.writeFloatField(2, value.float);
    return 'float';
  }
  if ('tensor' in value) {
    pbf.writeMessage(5, writeTensor, value.tensor);
    return 'tensor';
  }
  if ('graph' in value) {
    pbf.writeMessage(6, writeSubgraph, value.graph);
    return 'graph';
  }
  return writeListAttribute(value, pbf);
}

type ListAttribute = Extract<OnnxAttribute, readonly number[] | { floats: unknown } | { strings: unknown }>;

function writeListAttribute(value: ListAttribute, pbf: PbfWriter): keyof typeof attributeTypes {
  if ('floats' in value) {
    pbf.writePackedFloat(7, [...value.floats]);
    return 'floats';
  }
  if ('strings' in value) {
    for (const item of value.strings) pbf.writeStringField(9, item);
    return 'strings';
  }
  pbf.writePackedVarint(8, [...value]);
  return 'ints';
}

function writeInitializer([name, tensor]: readonly [string, OnnxTensor], pbf: PbfWriter): void {
  writeTensor(tensor, pbf);
  pbf.writeStringField(8, name);
}

function writeTensor({ type, shape, data }: OnnxTensor, pbf: PbfWriter): void {
  pbf.writePackedVarint(1, [...shape]);
  pbf.writeVarintField(2, elementTypes[type]);
  // Raw data is little-endian, as are typed arrays on every platform of Node.
  pbf.writeBytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function writeValueInfo(info: OnnxValueInfo, pbf: PbfWriter): void {
  pbf.writeStringField(1, info.name);
  pbf.writeMessage(2, info.sequence ? writeSequenceType : writeType, info);
}

function writeSequenceType(info: OnnxValueInfo, pbf: PbfWriter): void {
  pbf.writeMessage(4, (_info, sequence) => sequence.writeMessage(1, writeType, info), info);
}

function writeType(info: OnnxValueInfo, pbf: PbfWriter): void {
  pbf.writeMessage(1, writeTensorType, info);
}

function writeTensorType({ type, shape }: OnnxValueInfo, pbf: PbfWriter): void {
  pbf.writeVarintField(1, elementTypes[type]);
  pbf.writeMessage(2, writeShape, shape);
}

function writeShape(shape: OnnxValueInfo['shape'], pbf: PbfWriter): void {
  for (const extent of shape) pbf.writeMessage(1, writeExtent, extent);
}

function writeExtent(extent: number | string, pbf: PbfWriter): void {
  if (typeof extent === 'number') pbf.writeVarintField(1, extent);
  else pbf.writeStringField(2, extent);
}
