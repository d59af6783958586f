/**
 * MD5 (RFC 1321) of short content: for comparing what is stored, not for security.
 *
 * Loading `node:crypto` takes longer than downloading a small object.
 *
 * @module
 */

/** Bytes that are hashed at a time. */
const BLOCK_SIZE = 64;
/** What at least follows the content: a bit, and the number of bits. */
const MIN_PADDING = 9;

const SHIFTS = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
/** How the words of a block are taken in each round: the first, and the steps from one to the next. */
const ORDERS = [[0, 1], [1, 5], [5, 3], [0, 7]] as const;

/** The standard's 64 steps: which word is added with which constant, and how far it is rotated. */
const WORDS = Uint8Array.from({ length: 64 }, (_, step) => {
  const [first, stride] = ORDERS[step >> 4]!;
  return (first + stride * (step & 15)) & 15;
});
const ROTATIONS = Uint8Array.from({ length: 64 }, (_, step) => SHIFTS[step >> 4]![step & 3]!);
const CONSTANTS = Int32Array.from(
  { length: 64 },
  (_, step) => Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32) | 0,
);

/** MD5 of content. */
export function md5(content: Uint8Array): Uint8Array {
  const length = Math.ceil((content.length + MIN_PADDING) / BLOCK_SIZE) * BLOCK_SIZE;
  const padded = new Uint8Array(length);
  padded.set(content);
  padded[content.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(length - 8, 8 * content.length, true);
  view.setUint32(length - 4, Math.floor(content.length / 2 ** 29), true);
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  for (let at = 0; at < length; at += BLOCK_SIZE) addBlock(state, view, at);
  const digest = new DataView(new ArrayBuffer(16));
  state.forEach((word, at) => digest.setInt32(4 * at, word, true));
  return new Uint8Array(digest.buffer);
}

/** The standard's computation, with its names of variables. */
function addBlock(state: Int32Array, view: DataView, start: number): void {
  let a = state[0]!, b = state[1]!, c = state[2]!, d = state[3]!;
  for (let step = 0; step < 64; step++) {
    const f = step < 16
      ? (b & c) | (~b & d)
      : step < 32
      ? (b & d) | (c & ~d)
      : step < 48
      ? b ^ c ^ d
      : c ^ (b | ~d);
    const word = view.getInt32(start + 4 * WORDS[step]!, true);
    const sum = (a + f + CONSTANTS[step]! + word) | 0;
    const rotation = ROTATIONS[step]!;
    a = d, d = c, c = b;
    b = (b + (sum << rotation | sum >>> (32 - rotation))) | 0;
  }
  state[0]! += a, state[1]! += b, state[2]! += c, state[3]! += d;
}
