/**
 * Cross-origin requests of browsers: preflights, and the headers of all other responses. See
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
 *
 * @module
 */
import { Answer } from "../answer.ts";
import type { Cloud, CorsRule } from "../account.ts";
import { ServiceError } from "../operation.ts";
import { bucketNameOf, bucketOfHost, type WireHead } from "../wire.ts";

const REQUEST_METHOD = "access-control-request-method";
const VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

/** Answers a preflight, which is sent without a signature and takes no permission. */
export function preflight(request: WireHead, { buckets }: Cloud): Answer {
  const origin = request.headers.get("origin");
  if (origin === undefined) {
    throw badRequest("Insufficient information. Origin request header needed.");
  }
  const bucket = buckets.get(bucketNameOf(request));
  if (bucket === undefined) throw forbidden(request, "Bucket not found");
  if (bucket.cors === undefined) {
    throw forbidden(request, "CORS is not enabled for this bucket.");
  }
  const method = request.headers.get(REQUEST_METHOD);
  if (method === undefined || !/^(?:GET|PUT|POST|DELETE|HEAD)$/.test(method)) {
    throw badRequest(`Invalid Access-Control-Request-Method: ${method ?? "null"}`);
  }
  const rule = ruleFor(request, origin, bucket.cors);
  if (rule === undefined) {
    throw forbidden(
      request,
      "This CORS request is not allowed. This is usually because the evalution of Origin, request " +
        "method / Access-Control-Request-Method or Access-Control-Request-Headers are not " +
        "whitelisted by the resource's CORS spec.",
    );
  }
  const headers = headersOf(rule, origin);
  const wanted = wantedHeaders(request);
  if (wanted.length > 0) headers["access-control-allow-headers"] = wanted.join(", ");
  return new Answer(null, { headers });
}

/** The headers that let a script of another origin read a response; none if no rule is for it. */
export function corsHeaders(request: WireHead, { buckets }: Cloud): Record<string, string> {
  const origin = request.headers.get("origin");
  if (origin === undefined || request.method === "OPTIONS") return {};
  const rule = ruleFor(request, origin, corsRulesFor(request, buckets));
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

/** The headers that a preflight asks for. */
function wantedHeaders(request: WireHead): string[] {
  return (request.headers.get("access-control-request-headers") ?? "").split(",")
    .map((header) => header.trim().toLowerCase()).filter((header) => header !== "");
}

/** The first rule that fits. S3 applies the headers of preflights to every request that has them. */
function ruleFor(request: WireHead, origin: string, rules: CorsRule[]): CorsRule | undefined {
  const method = request.headers.get(REQUEST_METHOD) ?? request.method;
  const wanted = wantedHeaders(request);
  return rules.find(({ AllowedOrigins, AllowedMethods, AllowedHeaders = [] }) =>
    AllowedMethods.includes(method) &&
    AllowedOrigins.some((pattern) => matches(pattern, origin)) &&
    wanted.every((header) =>
      AllowedHeaders.some((pattern) => matches(pattern.toLowerCase(), header))
    )
  );
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

function forbidden(request: WireHead, message: string): ServiceError {
  const path = request.rawPath.split("?", 1)[0]!;
  const isVirtual = bucketOfHost(request.headers.get("host") ?? "") !== undefined;
  const isObject = (isVirtual ? /^\/./ : /^\/[^/]+\/./).test(path);
  return new ServiceError(403, "AccessForbidden", `CORSResponse: ${message}`, {
    details: {
      Method: request.headers.get(REQUEST_METHOD) ?? "OPTIONS",
      ResourceType: isObject ? "OBJECT" : "BUCKET",
    },
  });
}
