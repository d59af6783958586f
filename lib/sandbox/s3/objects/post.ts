/**
 * PostObject: an upload by the form of a browser, which has become a request like any other.
 *
 * @module
 */
import { Answer } from "../../answer.ts";
import { emptyAnswer, type S3Call } from "../call.ts";
import { putObject } from "./objects.ts";
import { element } from "../../xml.ts";

/** PostObject: stores the object and answers as the form wants. */
export function postObject(call: S3Call): Answer {
  const stored = putObject(call);
  const etag = stored.headers["etag"]!;
  const path = `${call.bucketName}/${encodeURIComponent(call.key).replaceAll("%2F", "/")}`;
  const headers = {
    ...stored.headers,
    location: `${call.origin}/${path}`,
  };
  const redirect = redirectOf(call, etag);
  if (redirect !== undefined) return emptyAnswer(303, { ...headers, location: redirect });
  const status = call.request.headers.get("x-form-status");
  if (status === "201") {
    const { markup } = element("PostResponse", [
      element("Location", headers.location),
      element("Bucket", call.bucketName),
      element("Key", call.key),
      element("ETag", etag),
    ]);
    return new Answer(`<?xml version="1.0" encoding="UTF-8"?>\n${markup}`, {
      status: 201,
      headers: { ...headers, "content-type": "application/xml" },
    });
  }
  return emptyAnswer(status === "200" ? 200 : 204, headers);
}

/** Where to send the browser; a text that is no address has no effect. */
function redirectOf(call: S3Call, etag: string): string | undefined {
  const { headers } = call.request;
  const text = headers.get("x-form-redirect");
  if (text === undefined || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  url.searchParams.append("bucket", call.bucketName);
  url.searchParams.append("key", call.key);
  url.searchParams.append("etag", etag);
  return url.href;
}
