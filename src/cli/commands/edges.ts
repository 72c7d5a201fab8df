// fovea edges: what one convolution sees.
import type { Command } from 'commander';
import { findEdges, sideBySide } from '../../explain/edges.ts';
import { decodeImage } from '../../image/decode.ts';
import { writePng } from '../../image/encode.ts';
import { type JsonOptions, withJson } from '../options.ts';
import { openOutput } from '../output.ts';

interface EdgesOptions extends JsonOptions {
  readonly out: string;
}

export function configure(command: Command): void {
  command
    .argument('<image>', 'a picture file')
    .requiredOption('--out <file>', 'the PNG file to write: the picture and its feature map side by side');
  withJson(command)
    .addHelpText('after', '\nExample:\n  $ fovea edges photo.jpg --out edges.png')
    .action(async (image: string, { out, json }: EdgesOptions) => {
      const { input, edges } = findEdges(await decodeImage(image));
      const picture = sideBySide(input, edges);
      await writePng(picture, out);
      const { width, height } = picture;
      openOutput(json).result(
        { file: out, width, height },
        () => `${out}: the picture at ${input.width} x ${input.height}, and its edges`,
      );
    });
}
