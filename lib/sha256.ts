/**
 * SHA-256 (FIPS 180-4) of short data, and HMAC (RFC 2104) with it.
 *
 * Loading `node:crypto` takes longer than downloading a small object. For the texts of a
 * signature this is as fast; for long data it has a tenth of the speed.
 *
 * @module
 */

/** Bytes that are hashed at a time. */
const BLOCK_SIZE = 64;
const DIGEST_SIZE = 32;
/** What at least follows the data: a bit, and the number of bits. */
const MIN_PADDING = 9;

const { initialState: INITIAL_STATE, constants: CONSTANTS } = firstPrimes();

/** The square roots of the first 8 primes and the cube roots of the first 64: 32 bits behind the point. */
function firstPrimes(): { initialState: Int32Array; constants: Int32Array } {
  const primes: number[] = [];
  for (let number = 2; primes.length < 64; number++) {
    if (primes.every((prime) => number % prime !== 0)) primes.push(number);
  }
  const fraction = (root: number) => (root % 1) * 2 ** 32 | 0;
  return {
    initialState: Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime))),
    constants: Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime))),
  };
}

/** SHA-256 in hexadecimal digits. */
export function sha256(data: string | Uint8Array): string {
  hash(INITIAL_STATE, load(data), 0);
  return stateAsHex();
}

/** HMAC-SHA256 with one key, whose blocks are hashed once: that saves three blocks for each text. */
export class Hmac {
  readonly #inner: Int32Array;
  readonly #outer: Int32Array;

  constructor(key: Uint8Array) {
    const short = key.length > BLOCK_SIZE ? Uint8Array.fromHex(sha256(key)) : key;
    this.#inner = stateAfter(short, 0x36);
    this.#outer = stateAfter(short, 0x5c);
  }

  /** Gives the code of a text in hexadecimal digits. */
  sign(text: string): string {
    hash(this.#inner, load(text), BLOCK_SIZE);
    state.forEach((word, at) => writeWord(scratch, 4 * at, word));
    hash(this.#outer, DIGEST_SIZE, BLOCK_SIZE);
    return stateAsHex();
  }
}

/** The state after the block that a key begins the data with. */
function stateAfter(key: Uint8Array, pad: number): Int32Array {
  const block = Uint8Array.from({ length: BLOCK_SIZE }, (_, at) => (key[at] ?? 0) ^ pad);
  state.set(INITIAL_STATE);
  addBlock(block, 0);
  return state.slice();
}

// Nothing below waits, so that one memory is enough for all calls.

/** The data, with room for what follows it. */
let scratch = new Uint8Array(4096);
const state = new Int32Array(8);
const schedule = new Int32Array(64);
const encoder = new TextEncoder();

/** Copies data into the scratch memory and returns its length. */
function load(data: string | Uint8Array): number {
  const isText = typeof data === "string";
  // A character takes at most three bytes.
  const room = (isText ? 3 * data.length : data.length) + BLOCK_SIZE + MIN_PADDING;
  if (room > scratch.length) scratch = new Uint8Array(2 * room);
  if (isText) return encoder.encodeInto(data, scratch).written;
  scratch.set(data);
  return data.length;
}

/** Hashes what is in the scratch memory; a state comes with the count of bytes that led to it. */
function hash(initial: Int32Array, length: number, lengthBefore: number): void {
  const end = Math.ceil((length + MIN_PADDING) / BLOCK_SIZE) * BLOCK_SIZE;
  scratch.fill(0, length, end);
  scratch[length] = 0x80;
  const bits = 8 * (lengthBefore + length);
  writeWord(scratch, end - 8, Math.floor(bits / 2 ** 32));
  writeWord(scratch, end - 4, bits);
  state.set(initial);
  for (let at = 0; at < end; at += BLOCK_SIZE) addBlock(scratch, at);
}

function writeWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
}

/** The standard's computation, with its names of variables. */
function addBlock(bytes: Uint8Array, start: number): void {
  const w = schedule;
  for (let t = 0, at = start; t < 16; t++, at += 4) {
    w[t] = bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!;
  }
  for (let t = 16; t < 64; t++) {
    const x = w[t - 15]!;
    const y = w[t - 2]!;
    const sigma0 = (x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3;
    const sigma1 = (y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10;
    w[t] = w[t - 16]! + sigma0 + w[t - 7]! + sigma1;
  }
  let a = state[0]!, b = state[1]!, c = state[2]!, d = state[3]!;
  let e = state[4]!, f = state[5]!, g = state[6]!, h = state[7]!;
  for (let t = 0; t < 64; t++) {
    const sum1 = (e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7);
    const t1 = h + sum1 + (e & f ^ ~e & g) + CONSTANTS[t]! + w[t]! | 0;
    const sum0 = (a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10);
    const t2 = sum0 + (a & b ^ a & c ^ b & c) | 0;
    h = g, g = f, f = e, e = d + t1 | 0;
    d = c, c = b, b = a, a = t1 + t2 | 0;
  }
  state[0]! += a, state[1]! += b, state[2]! += c, state[3]! += d;
  state[4]! += e, state[5]! += f, state[6]! += g, state[7]! += h;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function stateAsHex(): string {
  let text = "";
  for (const word of state) {
    text += HEX[word >>> 24]! + HEX[word >>> 16 & 0xff]! + HEX[word >>> 8 & 0xff]! +
      HEX[word & 0xff]!;
  }
  return text;
}
