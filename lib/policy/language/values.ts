/**
 * Reads the values that conditions compare: numbers, dates, addresses, bytes.
 *
 * @module
 */

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/;

/** Reads an integer or a decimal; `NaN` for anything else. */
export function readNumber(text: string): number {
  return DECIMAL.test(text) ? Number(text) : NaN;
}

/** The forms of https://www.w3.org/TR/NOTE-datetime that name a day, and a month alone. */
const DATE =
  /^(\d{4})-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?$/i;

/** Minutes that a time zone is ahead of UTC. */
function minutesAhead(zone: string | undefined): number {
  if (zone === undefined || zone.length === 1) return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4));
  return zone.startsWith("-") ? -minutes : minutes;
}

/** Reads ISO 8601 or seconds since 1970, into milliseconds; `NaN` for anything else. */
export function readDate(text: string): number {
  if (DECIMAL.test(text)) return Number(text) * 1000;
  const match = DATE.exec(text);
  if (match === null) return NaN;
  const [, year, month, day = "1", hour = "0", minute = "0", second = "0", fraction = "0"] = match;
  const date = new Date(
    Date.UTC(+year!, +month! - 1, +day, +hour, +minute - minutesAhead(match[8]), +second),
  );
  // Date.UTC takes the 30th of February for the 1st or 2nd of March.
  const isInCalendar = +month! >= 1 && +month! <= 12 && +day >= 1 &&
    +day <= new Date(Date.UTC(+year!, +month!, 0)).getUTCDate();
  return isInCalendar && +hour < 24 && +minute < 60 && +second < 60
    ? date.getTime() + Number(fraction) * 1000
    : NaN;
}

/** The bytes of an IPv4 address (4) or an IPv6 address (16). */
type Address = readonly number[];

const BYTE = /^(?:0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])$/;
const GROUP = /^[\da-f]{1,4}$/i;

function readIpv4(text: string): Address | undefined {
  const bytes = text.split(".");
  return bytes.length === 4 && bytes.every((byte) => BYTE.test(byte))
    ? bytes.map(Number)
    : undefined;
}

function groupBytes(text: string): number[] | undefined {
  if (text === "") return [];
  const groups = text.split(":");
  const last = groups.at(-1)!;
  const tail = last.includes(".") ? readIpv4(last) : [];
  if (tail === undefined) return undefined;
  const hexadecimal = last.includes(".") ? groups.slice(0, -1) : groups;
  if (!hexadecimal.every((group) => GROUP.test(group))) return undefined;
  const bytes = hexadecimal.flatMap((group) => {
    const value = parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
  return [...bytes, ...tail];
}

function readIpv6(text: string): Address | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(groupBytes);
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  if (tail === undefined) return head.length === 16 ? head : undefined;
  const zeros = 16 - head.length - tail.length;
  return zeros >= 2 ? [...head, ...Array(zeros).fill(0), ...tail] : undefined;
}

/** Reads an IPv4 or IPv6 address; `undefined` for anything else. */
export function readAddress(text: string): Address | undefined {
  return text.includes(":") ? readIpv6(text) : readIpv4(text);
}

/** A range of addresses: those that begin with the same bits. */
export interface AddressRange {
  first: Address;
  bits: number;
}

/** Reads a range in CIDR notation, or a single address; `undefined` for anything else. */
export function readAddressRange(text: string): AddressRange | undefined {
  const slash = text.indexOf("/");
  const first = readAddress(slash === -1 ? text : text.slice(0, slash));
  if (first === undefined) return undefined;
  const size = first.length * 8;
  if (slash === -1) return { first, bits: size };
  const bits = text.slice(slash + 1);
  return /^\d{1,3}$/.test(bits) && Number(bits) <= size ? { first, bits: Number(bits) } : undefined;
}

/** Whether an address is in a range. */
export function isInRange(address: Address, { first, bits }: AddressRange): boolean {
  if (address.length !== first.length) return false;
  const wholeBytes = bits >> 3;
  for (let index = 0; index < wholeBytes; index++) {
    if (address[index] !== first[index]) return false;
  }
  const mask = 0xff00 >> (bits & 7) & 0xff;
  return mask === 0 || (address[wholeBytes]! & mask) === (first[wholeBytes]! & mask);
}

/** Decodes Base64 into a text of one character a byte; `undefined` for anything else. */
export function readBase64(text: string): string | undefined {
  try {
    return atob(text);
  } catch {
    return undefined;
  }
}

/** Reads `true` or `false`; `undefined` for anything else. */
export function readBoolean(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  return lower === "true" ? true : lower === "false" ? false : undefined;
}
