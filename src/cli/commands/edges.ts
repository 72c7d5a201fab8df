// fovea edges: convolution of an image with the Laplacian.
import type { Command } from 'commander';
import { type OptionTable, option, type SettledOf, text } from '../../base/option.ts';
import { findEdges, sideBySide } from '../../explain/edges.ts';
import { decodeImage } from '../../image/decode.ts';
import { writePng } from '../../image/encode.ts';
import { addOptions, jsonOption } from '../options.ts';
import { openOutput } from '../output.ts';

const options = {
  out: option(text, 'output file', 'PNG file to write: image and feature map side by side', {
    required: true,
  }),
  ...jsonOption,
} as const satisfies OptionTable;

export function configure(command: Command): void {
  command.argument('<image>', 'image file');
  addOptions(command, options)
    .addHelpText('after', '\nExample:\n  $ fovea edges photo.jpg --out edges.png')
    .action(async (image: string, { out, json }: SettledOf<typeof options>) => {
      const { input, edges } = findEdges(await decodeImage(image));
      const drawn = sideBySide(input, edges);
      await writePng(drawn, out);
      const { width, height } = drawn;
      openOutput(json).result(
        { file: out, width, height },
        () => `${out}: the image at ${input.width} x ${input.height}, and its edges`,
      );
    });
}
