// Builds pickles and zip archives for tests, including ones that no library writes.
import { ZipFile } from 'yazl';

/** A pickle of protocol 2 from its instructions; text stands for one byte a character, STOP is added. */
export function pickle(...instructions: readonly string[]): Buffer {
  return latin1(`\x80\x02${instructions.join('')}.`);
}

export function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** The instruction that pushes a text. */
export function text(value: string): string {
  const bytes = Buffer.from(value);
  return `X${int32(bytes.length)}${bytes.toString('latin1')}`;
}

/** The instruction that pushes a number below 2^31. */
export function int(value: number): string {
  return `J${int32(value)}`;
}

/** The instruction that pushes what a name stands for. */
export function named(module: string, name: string): string {
  return `c${module}\n${name}\n`;
}

/** The instructions that push a tuple. */
export function tuple(...elements: readonly string[]): string {
  return `(${elements.join('')}t`;
}

/** The instructions that call a function by name. */
export function call(module: string, name: string, ...args: readonly string[]): string {
  return `${named(module, name)}${tuple(...args)}R`;
}

/** The instructions that push a dict; keys are texts. */
export function dict(entries: Readonly<Record<string, string>>): string {
  const items = Object.entries(entries).map(([key, value]) => text(key) + value);
  return `}(${items.join('')}u`;
}

export interface TorchTensor {
  readonly key?: string;
  readonly offset?: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** The instructions that push a tensor of PyTorch over a storage of float32. */
export function torchTensor({ key = '0', offset = 0, shape, strides }: TorchTensor): string {
  const id = tuple(text('storage'), named('torch', 'FloatStorage'), text(key), text('cpu'), int(0));
  const places = [int(offset), tuple(...shape.map(int)), tuple(...strides.map(int))];
  return call('torch._utils', '_rebuild_tensor_v2', `${id}Q`, ...places, '\x89', '}');
}

/** The instructions that push an array of NumPy, of float32. */
export function numpyArray(shape: readonly number[], data: string): string {
  const made = call(
    'numpy.core.multiarray',
    '_reconstruct',
    named('numpy', 'ndarray'),
    tuple(int(0)),
    text('b'),
  );
  const type = call('numpy', 'dtype', text('f4'), '\x89', '\x88');
  const bytes = call('_codecs', 'encode', text(data), text('latin1'));
  return `${made}${tuple(int(1), tuple(...shape.map(int)), type, '\x89', bytes)}b`;
}

/** A zip archive of these entries. */
export async function archive(
  entries: readonly (readonly [string, Uint8Array])[],
  compress = false,
): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of entries) zip.addBuffer(Buffer.from(content), name, { compress });
  zip.end();
  const parts: Buffer[] = [];
  for await (const part of zip.outputStream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function int32(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes.toString('latin1');
}
