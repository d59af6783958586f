/**
 * Cross-origin requests of browsers: preflights, and the headers of all other responses. See
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
 *
 * @module
 */
import { Answer } from "../answer.ts";
import type { Cloud, CorsRule } from "../account.ts";
import { ServiceError } from "../operation.ts";
import { bucketNameOf, headerOf, type WireHead } from "../wire.ts";
import { noSuchBucket } from "./errors.ts";

const VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

/** Answers a preflight, which is sent without a signature and takes no permission. */
export function preflight(request: WireHead, { buckets }: Cloud): Answer {
  const origin = headerOf(request, "origin");
  const method = headerOf(request, "access-control-request-method");
  if (origin === undefined) {
    throw badRequest("Insufficient information. Origin request header needed.");
  }
  if (method === undefined || !/^(?:GET|PUT|POST|DELETE|HEAD)$/.test(method)) {
    throw badRequest(`Invalid Access-Control-Request-Method: ${method ?? "null"}`);
  }
  const name = bucketNameOf(request);
  const bucket = buckets.get(name);
  if (bucket === undefined) throw noSuchBucket(name);
  if (bucket.cors === undefined) {
    throw forbidden("CORS is not enabled for this bucket.");
  }
  const wanted = (headerOf(request, "access-control-request-headers") ?? "").split(",")
    .map((header) => header.trim().toLowerCase()).filter((header) => header !== "");
  const rule = bucket.cors.find((candidate) =>
    isFor(candidate, origin, method) &&
    wanted.every((header) =>
      (candidate.AllowedHeaders ?? []).some((pattern) => matches(pattern.toLowerCase(), header))
    )
  );
  if (rule === undefined) {
    throw forbidden(
      "This CORS request is not allowed. This is usually because the evalution of Origin, request " +
        "method / Access-Control-Request-Method or Access-Control-Request-Headers are not " +
        "whitelisted by the resource's CORS spec.",
    );
  }
  const headers = headersOf(rule, origin);
  if (wanted.length > 0) headers["access-control-allow-headers"] = wanted.join(", ");
  return new Answer(null, { headers });
}

/** The headers that let a script of another origin read a response; none if no rule is for it. */
export function corsHeaders(request: WireHead, { buckets }: Cloud): Record<string, string> {
  const origin = headerOf(request, "origin");
  if (origin === undefined || request.method === "OPTIONS") return {};
  const rules = corsRulesFor(request, buckets);
  const rule = rules.find((candidate) => isFor(candidate, origin, request.method));
  return rule === undefined ? {} : headersOf(rule, origin);
}

function corsRulesFor(request: WireHead, buckets: Cloud["buckets"]): CorsRule[] {
  try {
    return buckets.get(bucketNameOf(request))?.cors ?? [];
  } catch (error) {
    // The response says already that the path can't be read.
    if (error instanceof ServiceError) return [];
    throw error;
  }
}

function isFor({ AllowedOrigins, AllowedMethods }: CorsRule, origin: string, method: string) {
  return AllowedMethods.includes(method) &&
    AllowedOrigins.some((pattern) => matches(pattern, origin));
}

/** A pattern has one wildcard at most. */
function matches(pattern: string, text: string): boolean {
  const [start = "", end] = pattern.split("*");
  if (end === undefined) return pattern === text;
  return text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end);
}

function headersOf(rule: CorsRule, origin: string): Record<string, string> {
  const isOpen = rule.AllowedOrigins.includes("*");
  return {
    "access-control-allow-origin": isOpen ? "*" : origin,
    "access-control-allow-methods": rule.AllowedMethods.join(", "),
    ...(!isOpen && { "access-control-allow-credentials": "true" }),
    ...(rule.ExposeHeaders && { "access-control-expose-headers": rule.ExposeHeaders.join(", ") }),
    ...(rule.MaxAgeSeconds !== undefined && {
      "access-control-max-age": String(rule.MaxAgeSeconds),
    }),
    vary: VARY,
  };
}

function badRequest(message: string): ServiceError {
  return new ServiceError(400, "BadRequest", message);
}

function forbidden(message: string): ServiceError {
  return new ServiceError(403, "AccessForbidden", `CORSResponse: ${message}`);
}
