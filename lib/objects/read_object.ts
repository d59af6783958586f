/**
 * Reads the content of one object in one stream.
 *
 * @module
 */
import { S3CredentialsError } from "../errors.ts";
import { escapeName } from "../escape.ts";
import type { Sink } from "../http/message_reader.ts";
import type { BucketClient, S3RequestError } from "./bucket_client.ts";
import { type Digest, digestOf } from "./checksum.ts";
import {
  checkRange,
  corrupt,
  getError,
  headOf,
  isBeyondEnd,
  isWhole,
  type KnownObject,
  type ObjectHead,
  rangeHeaders,
} from "./object_answer.ts";

/** Without an ETag, nothing says that the rest would be of the same object. */
export class CannotResume extends S3CredentialsError {
  constructor(key: string) {
    const reason = "the connection was cut, and without an ETag the download cannot be resumed";
    super("aws", `Could not get ${escapeName(key)}: ${reason}`, { hint: "Try again" });
  }
}

/**
 * Reads an object from its beginning to its end and returns its length. Where the connection breaks, it
 * goes on from there, if the object has an ETag. `onHead` is called once, before the content.
 */
export async function readObject(
  client: BucketClient,
  key: string,
  write: Sink,
  onHead?: (head: ObjectHead) => void,
  known?: KnownObject,
): Promise<number> {
  let head: ObjectHead | undefined;
  let digest: Digest | undefined;
  let offset = 0;
  const isAws = await client.isAws();
  const attempt = async () => {
    if (head !== undefined && offset === head.size) return;
    if (head !== undefined && head.etag === undefined) throw new CannotResume(key);
    await client.sendOnce({
      method: "GET",
      key,
      headers: {
        ...(isAws && head === undefined && { "x-amz-checksum-mode": "ENABLED" }),
        ...(head !== undefined && rangeHeaders(offset, undefined, head.etag)),
      },
    }, {
      onHead(answer) {
        let surplus = 0;
        if (head === undefined) {
          if (answer.status !== 200) {
            const what = answer.status === 206 ? "a range" : `status ${answer.status}`;
            throw corrupt(key, `the server sent ${what}, but the whole object was requested`);
          }
          head = headOf(answer);
          onHead?.(head);
          digest = digestOf(answer.headers, head.size);
        } else if (isWhole(answer, head)) {
          surplus = offset;
        } else {
          checkRange(answer, key, head, { start: offset });
        }
        return (chunk) => {
          const wanted = chunk.subarray(surplus);
          surplus -= chunk.length - wanted.length;
          offset += wanted.length;
          const receive = () => {
            digest?.update(wanted);
            return write(wanted);
          };
          return digest?.loading === undefined ? receive() : digest.loading.then(receive);
        };
      },
    });
  };
  await client.withRetries(attempt, () => offset).catch((error) => {
    if (head !== undefined && isBeyondEnd(error)) {
      // All of a body in chunks has come, but not the mark of its end.
      if (Number.isNaN(head.size) && totalIn(error) === offset) return;
      // The answers end before the length that they state, and there is nothing behind.
      throw tooShort(key, offset, head.size);
    }
    throw getError(client, error, key);
  });
  const size = sizeOf(head!, known);
  if (size !== undefined && offset !== size) {
    throw corrupt(key, `${offset} bytes arrived instead of ${size}`);
  }
  await digest?.loading;
  if (digest?.matches() === false) throw corrupt(key);
  return offset;
}

function sizeOf(head: ObjectHead, known?: KnownObject): number | undefined {
  if (known !== undefined && known.etag === head.etag) return known.size;
  return Number.isFinite(head.size) ? head.size : undefined;
}

/** The length of an object, as the refusal of a range beyond it names it. */
function totalIn({ $response: { headers } }: S3RequestError): number {
  return Number(/^bytes \*\/(\d+)$/i.exec(headers["content-range"] ?? "")?.[1] ?? NaN);
}

function tooShort(key: string, received: number, stated: number): S3CredentialsError {
  const reason = Number.isFinite(stated)
    ? `the server sends ${received} bytes and states ${stated}`
    : `the server breaks off after ${received} bytes, and has no more`;
  return new S3CredentialsError("aws", `Could not get ${escapeName(key)}: ${reason}`, {
    hint: "Something is wrong with the server, or with a proxy in front of it",
  });
}
