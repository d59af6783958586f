/**
 * XXH64, and XXH3 with 64 and 128 bits, as https://xxhash.com/doc specifies them: with the seed 0 and
 * the standard secret, in big-endian order. They are checksums that S3 takes.
 *
 * Arithmetic is on `BigInt` cut to 64 bits, which V8 does in registers.
 *
 * @module
 */
import { Buffer } from "node:buffer";

const PRIME64 = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
] as const;
const PRIME32 = [0x9e3779b1n, 0x85ebca77n, 0xc2b2ae3dn] as const;
const MIX_1 = 0x165667919e3779f9n;
const MIX_2 = 0x9fb21c651e98df25n;
const LOW_32 = 0xffffffffn;

const SECRET_BYTES = Buffer.from(
  "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221" +
    "b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8" +
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb" +
    "170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e",
  "hex",
);
const SECRET = new DataView(SECRET_BYTES.buffer, SECRET_BYTES.byteOffset, SECRET_BYTES.length);
const STRIPE = 64;
const SECRET_STEP = 8;
const LAST_SECRET = SECRET.byteLength - STRIPE;
const BLOCK = (LAST_SECRET / SECRET_STEP) * STRIPE;

function cut(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function rotate(value: bigint, bits: bigint): bigint {
  return cut((value << bits) | (value >> (64n - bits)));
}

function viewOf(body: Uint8Array): DataView {
  return new DataView(body.buffer, body.byteOffset, body.byteLength);
}

function read64(view: DataView, at: number): bigint {
  return view.getBigUint64(at, true);
}

function read32(view: DataView, at: number): bigint {
  return BigInt(view.getUint32(at, true));
}

function swap64(value: bigint): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, value, true);
  return view.getBigUint64(0, false);
}

function bytesOf(...words: bigint[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * words.length));
  words.forEach((word, index) => view.setBigUint64(8 * index, word));
  return new Uint8Array(view.buffer);
}

/** The last steps of XXH64. */
function avalanche64(value: bigint): bigint {
  let hash = cut((value ^ (value >> 33n)) * PRIME64[1]);
  hash = cut((hash ^ (hash >> 29n)) * PRIME64[2]);
  return hash ^ (hash >> 32n);
}

/** The last steps of XXH3. */
function avalanche3(value: bigint): bigint {
  const hash = cut((value ^ (value >> 37n)) * MIX_1);
  return hash ^ (hash >> 32n);
}

function round64(accumulator: bigint, input: bigint): bigint {
  return cut(rotate(cut(accumulator + input * PRIME64[1]), 31n) * PRIME64[0]);
}

/** XXH64. */
export function xxh64(body: Uint8Array): Uint8Array {
  const view = viewOf(body);
  let at = 0;
  let hash: bigint = PRIME64[4];
  if (body.length >= 32) {
    let one = cut(PRIME64[0] + PRIME64[1]);
    let two: bigint = PRIME64[1];
    let three = 0n;
    let four = cut(-PRIME64[0]);
    for (; at + 32 <= body.length; at += 32) {
      one = round64(one, read64(view, at));
      two = round64(two, read64(view, at + 8));
      three = round64(three, read64(view, at + 16));
      four = round64(four, read64(view, at + 24));
    }
    hash = cut(rotate(one, 1n) + rotate(two, 7n) + rotate(three, 12n) + rotate(four, 18n));
    for (const lane of [one, two, three, four]) {
      hash = cut((hash ^ round64(0n, lane)) * PRIME64[0] + PRIME64[3]);
    }
  }
  hash = cut(hash + BigInt(body.length));
  for (; at + 8 <= body.length; at += 8) {
    hash = cut(rotate(hash ^ round64(0n, read64(view, at)), 27n) * PRIME64[0] + PRIME64[3]);
  }
  if (at + 4 <= body.length) {
    hash = cut(rotate(hash ^ cut(read32(view, at) * PRIME64[0]), 23n) * PRIME64[1] + PRIME64[2]);
    at += 4;
  }
  for (; at < body.length; at++) {
    hash = cut(rotate(hash ^ cut(BigInt(body[at]!) * PRIME64[4]), 11n) * PRIME64[0]);
  }
  return bytesOf(avalanche64(hash));
}

/** Both halves of the product, folded into one. */
function foldedProduct(a: bigint, b: bigint): bigint {
  const product = a * b;
  return cut(product) ^ (product >> 64n);
}

function mix16(view: DataView, at: number, secret: number): bigint {
  return foldedProduct(
    read64(view, at) ^ read64(SECRET, secret),
    read64(view, at + 8) ^ read64(SECRET, secret + 8),
  );
}

/** The differences of words of the secret that short inputs are combined with. */
function flip64(at: number): bigint {
  return read64(SECRET, at) ^ read64(SECRET, at + 8);
}

function flip32(at: number): bigint {
  return read32(SECRET, at) ^ read32(SECRET, at + 4);
}

/** First, middle and last of up to three bytes, and their number. */
function packed(body: Uint8Array): bigint {
  const { length } = body;
  const [first, middle, last] = [body[0]!, body[length >> 1]!, body[length - 1]!];
  return BigInt(((first << 16) | (middle << 24) | last | (length << 8)) >>> 0);
}

/** XXH3 with 64 bits. */
export function xxh3(body: Uint8Array): Uint8Array {
  return bytesOf(xxh3Word(body));
}

function xxh3Word(body: Uint8Array): bigint {
  const view = viewOf(body);
  const { length } = body;
  const size = BigInt(length);
  if (length === 0) return avalanche64(flip64(56));
  if (length <= 3) return avalanche64(packed(body) ^ flip32(0));
  if (length <= 8) {
    const word = (read32(view, length - 4) + (read32(view, 0) << 32n)) ^ flip64(8);
    let hash = cut((word ^ rotate(word, 49n) ^ rotate(word, 24n)) * MIX_2);
    hash = cut((hash ^ cut((hash >> 35n) + size)) * MIX_2);
    return hash ^ (hash >> 28n);
  }
  if (length <= 16) {
    const low = read64(view, 0) ^ flip64(24);
    const high = read64(view, length - 8) ^ flip64(40);
    return avalanche3(cut(size + swap64(low) + high + foldedProduct(low, high)));
  }
  if (length > 240) return merged(accumulated(view), 11, cut(size * PRIME64[0]));
  let sum = cut(size * PRIME64[0]);
  if (length <= 128) {
    for (let step = Math.floor((length - 1) / 32); step >= 0; step--) {
      sum = cut(
        sum + mix16(view, 16 * step, 32 * step) +
          mix16(view, length - 16 * (step + 1), 32 * step + 16),
      );
    }
    return avalanche3(sum);
  }
  for (let step = 0; step < 8; step++) sum = cut(sum + mix16(view, 16 * step, 16 * step));
  sum = avalanche3(sum);
  for (let step = 8; step < Math.floor(length / 16); step++) {
    sum = cut(sum + mix16(view, 16 * step, 16 * (step - 8) + 3));
  }
  return avalanche3(cut(sum + mix16(view, length - 16, 136 - 17)));
}

/** The eight accumulators of an input of more than 240 bytes. */
function accumulated(view: DataView): BigUint64Array {
  const lanes = BigUint64Array.of(
    PRIME32[2],
    PRIME64[0],
    PRIME64[1],
    PRIME64[2],
    PRIME64[3],
    PRIME32[1],
    PRIME64[4],
    PRIME32[0],
  );
  const last = view.byteLength - 1;
  let start = 0;
  for (; start + BLOCK <= last; start += BLOCK) {
    accumulate(lanes, view, start, BLOCK / STRIPE);
    for (let lane = 0; lane < 8; lane++) {
      const value = lanes[lane]!;
      const key = read64(SECRET, LAST_SECRET + 8 * lane);
      lanes[lane] = cut((value ^ (value >> 47n) ^ key) * PRIME32[0]);
    }
  }
  accumulate(lanes, view, start, Math.floor((last - start) / STRIPE));
  accumulateStripe(lanes, view, view.byteLength - STRIPE, LAST_SECRET - 7);
  return lanes;
}

function accumulate(lanes: BigUint64Array, view: DataView, start: number, stripes: number): void {
  for (let stripe = 0; stripe < stripes; stripe++) {
    accumulateStripe(lanes, view, start + STRIPE * stripe, SECRET_STEP * stripe);
  }
}

function accumulateStripe(
  lanes: BigUint64Array,
  view: DataView,
  at: number,
  secret: number,
): void {
  for (let lane = 0; lane < 8; lane++) {
    const value = read64(view, at + 8 * lane);
    const key = value ^ read64(SECRET, secret + 8 * lane);
    lanes[lane ^ 1] = cut(lanes[lane ^ 1]! + value);
    lanes[lane] = cut(lanes[lane]! + cut((key & LOW_32) * (key >> 32n)));
  }
}

function merged(lanes: BigUint64Array, secret: number, start: bigint): bigint {
  let sum = start;
  for (let pair = 0; pair < 4; pair++) {
    sum = cut(
      sum + foldedProduct(
        lanes[2 * pair]! ^ read64(SECRET, secret + 16 * pair),
        lanes[2 * pair + 1]! ^ read64(SECRET, secret + 16 * pair + 8),
      ),
    );
  }
  return avalanche3(sum);
}

/** XXH3 with 128 bits. */
export function xxh128(body: Uint8Array): Uint8Array {
  const view = viewOf(body);
  const { length } = body;
  const size = BigInt(length);
  if (length === 0) return bytesOf(avalanche64(flip64(80)), avalanche64(flip64(64)));
  if (length <= 3) {
    const low = packed(body);
    const swapped = Number(swap64(low) >> 32n);
    const high = BigInt(((swapped << 13) | (swapped >>> 19)) >>> 0);
    return bytesOf(avalanche64(high ^ flip32(8)), avalanche64(low ^ flip32(0)));
  }
  if (length <= 8) {
    const word = (read32(view, 0) + (read32(view, length - 4) << 32n)) ^ flip64(16);
    const product = word * cut(PRIME64[0] + (size << 2n));
    const high = cut((product >> 64n) + cut(product << 1n));
    let low = cut(product) ^ (high >> 3n);
    low = cut((low ^ (low >> 35n)) * MIX_2);
    return bytesOf(avalanche3(high), low ^ (low >> 28n));
  }
  if (length <= 16) {
    const end = read64(view, length - 8);
    const product = (read64(view, 0) ^ end ^ flip64(32)) * PRIME64[0];
    const flipped = end ^ flip64(48);
    const high = cut((product >> 64n) + flipped + (flipped & LOW_32) * (PRIME32[1] - 1n));
    const low = cut(product + ((size - 1n) << 54n)) ^ swap64(high);
    const hash = low * PRIME64[1];
    return bytesOf(
      avalanche3(cut((hash >> 64n) + high * PRIME64[1])),
      avalanche3(cut(hash)),
    );
  }
  if (length > 240) {
    const lanes = accumulated(view);
    return bytesOf(
      merged(lanes, LAST_SECRET - 11, cut(~(size * PRIME64[1]))),
      merged(lanes, 11, cut(size * PRIME64[0])),
    );
  }
  return xxh128Middle(view);
}

/** For 17 to 240 bytes. */
function xxh128Middle(view: DataView): Uint8Array {
  const length = view.byteLength;
  const size = BigInt(length);
  let low = cut(size * PRIME64[0]);
  let high = 0n;
  const mix32 = (one: number, other: number, secret: number) => {
    low = cut(low + mix16(view, one, secret)) ^
      cut(read64(view, other) + read64(view, other + 8));
    high = cut(high + mix16(view, other, secret + 16)) ^
      cut(read64(view, one) + read64(view, one + 8));
  };
  if (length <= 128) {
    for (let step = Math.floor((length - 1) / 32); step >= 0; step--) {
      mix32(16 * step, length - 16 * (step + 1), 32 * step);
    }
  } else {
    for (let at = 0; at < 128; at += 32) mix32(at, at + 16, at);
    low = avalanche3(low);
    high = avalanche3(high);
    for (let at = 128; at + 32 <= length; at += 32) mix32(at, at + 16, at - 128 + 3);
    mix32(length - 16, length - 32, 136 - 17 - 16);
  }
  return bytesOf(
    cut(-avalanche3(cut(low * PRIME64[0] + high * PRIME64[3] + size * PRIME64[1]))),
    avalanche3(cut(low + high)),
  );
}
