/**
 * Chance that can be repeated: the same seed gives the same numbers on every machine. Pure; it knows
 * nothing of what is made of them.
 */

/** Numbers that depend on a seed alone. */
export interface Random {
  /** A whole number from 0 to `count` - 1. */
  below(count: number): number;
  pick<T>(list: readonly [T, ...T[]] | readonly T[]): T;
  /** True in one of so many cases. */
  oneIn(count: number): boolean;
}

/** The generator "mulberry32". */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number): number => Math.floor(next() * count);
  return {
    below,
    pick<T>(list: readonly T[]) {
      if (list.length === 0) throw new Error("there is nothing to pick");
      return list[below(list.length)] as T;
    },
    oneIn: (count) => below(count) === 0,
  };
}

/** As many as `least` to `most` things. */
export function several<T>(random: Random, least: number, most: number, make: () => T): T[] {
  return Array.from({ length: least + random.below(most - least + 1) }, make);
}

/** The list in another order. */
export function shuffled<T>(random: Random, list: readonly T[]): T[] {
  const rest = [...list];
  return list.map(() => rest.splice(random.below(rest.length), 1)[0] as T);
}

/** The bytes in pieces: of one byte each, of any lengths, or whole. */
export function pieces(random: Random, bytes: Buffer): Buffer[] {
  const most = random.pick([1, 7, 511, 512, 513, 4096, bytes.length + 1]);
  const found: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = Math.min(bytes.length, start + 1 + random.below(most));
    found.push(bytes.subarray(start, end));
    start = end;
  }
  return found;
}
