/**
 * Errors that a service answered with, where no client of the SDK has read them.
 *
 * @module
 */
import type { HttpResponse } from "../../http/client.ts";

/** Stands for the code of an answer that has none. */
export const UNKNOWN = "Unknown";

/** What the SDK's errors hold of the answer that they stand for. */
interface AnswerMetadata {
  $metadata: { httpStatusCode: number };
  $response: { statusCode: number; headers: Record<string, string> };
}

/** What an error must hold of an answer. */
export function metadataOf({ status, headers }: HttpResponse): AnswerMetadata {
  return { $metadata: { httpStatusCode: status }, $response: { statusCode: status, headers } };
}

/** An error that a service answered with, in the form of the SDK's errors. */
export class RequestError extends Error {
  /** The service's code, if the answer was an error document, even with a status of success. */
  declare readonly Code?: string;
  readonly $metadata: AnswerMetadata["$metadata"];
  readonly $response: AnswerMetadata["$response"];

  constructor(answer: HttpResponse, code: string, message: string) {
    super(message);
    this.name = code;
    if (code !== UNKNOWN) this.Code = code;
    const { $metadata, $response } = metadataOf(answer);
    this.$metadata = $metadata;
    this.$response = $response;
  }
}
