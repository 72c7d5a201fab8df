// Lists of names in messages.

/** The first `most` of some names, and `...` if there are more: `a, b, c, ...` */
export function shortened(names: readonly string[], most = 3): string {
  return [...names.slice(0, most), ...(names.length > most ? ['...'] : [])].join(', ');
}
