// Rounding of numbers of channels, as in the authors' code of the MobileNets.

/** The nearest multiple of 8; the next one if that is less than 90% of `channels`. */
export function divisibleBy8(channels: number): number {
  const nearest = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return nearest < 0.9 * channels ? nearest + 8 : nearest;
}
