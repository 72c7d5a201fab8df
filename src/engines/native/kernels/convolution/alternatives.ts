// Other ways to compute a convolution, which are asked first; undefined leaves it to direct summation.
import type { ConvGradWeightAttributes } from '../../../../ops/conv.ts';
import type { FusedAttributes } from '../../instruction.ts';
import type { Kernel, Request } from '../../kernel.ts';

export function alternativeConv(_request: Request<FusedAttributes['Conv']>): Kernel | undefined {
  return undefined;
}

export function alternativeConvGradInput(
  _request: Request<FusedAttributes['ConvGradInput']>,
): Kernel | undefined {
  return undefined;
}

export function alternativeConvGradWeight(_request: Request<ConvGradWeightAttributes>): Kernel | undefined {
  return undefined;
}
