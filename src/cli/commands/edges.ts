// fovea edges: convolution of an image with the Laplacian.
import { type OptionTable, option, type SettledOf, text } from '../../base/option.ts';
import { findEdges, sideBySide } from '../../explain/edges.ts';
import { decodeImage } from '../../image/decode.ts';
import { writePng } from '../../image/encode.ts';
import { defineCommand } from '../command.ts';
import type { Output } from '../output.ts';

const options = {
  out: option(text, 'output file', 'PNG file to write: image and feature map side by side', {
    required: true,
  }),
} as const satisfies OptionTable;

export const configure = defineCommand({
  arguments: [['<image>', 'image file']],
  options,
  help: '\nExample:\n  $ fovea edges photo.jpg --out edges.png',
  run: runEdges,
});

async function runEdges({ out }: SettledOf<typeof options>, output: Output, image: string): Promise<void> {
  const { input, edges } = findEdges(await decodeImage(image));
  const comparison = sideBySide(input, edges);
  await writePng(comparison, out);
  const { width, height } = comparison;
  output.result(
    { file: out, width, height },
    () => `${out}: the image at ${input.width} x ${input.height}, and its edges`,
  );
}
