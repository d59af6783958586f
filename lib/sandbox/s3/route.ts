/**
 * The table of S3's operations, and finding the one that a request calls.
 *
 * @module
 */
import type { Answer } from "../answer.ts";
import type { May, NeededPermission } from "../operation.ts";
import { invalidArgument, invalidRequest, methodNotAllowed } from "./errors.ts";
import { objectOwner } from "./owners.ts";
import { type Level, onAccount, onBucket, onObject, type S3Call } from "./call.ts";

/** Does an operation's work. */
export type Run = (call: S3Call, may: May) => Answer;

/** Names the permissions that an operation needs. */
export type Needs = (call: S3Call) => NeededPermission[];

/** A row of the table of operations. */
export interface Route {
  level: Level;
  method: string;
  /** Query parameters (`acl`, `list-type=2`) and headers (`@x-amz-copy-source`) that must be present. */
  match: string[];
  name: string;
  needs: Needs;
  /** Undefined if the sandbox only checks the permission. */
  run: Run | undefined;
}

/**
 * Makes a row of the table. `request` is the method and what must be in the query, joined by `&`;
 * `@` marks a header. `needs` is an IAM action on the addressed bucket or object, or a function for
 * more than that; if omitted, the action has the operation's name.
 */
export function route(
  level: Level,
  request: string,
  name: string,
  run: Run | undefined,
  needs: string | Needs = `s3:${name}`,
): Route {
  const [method = "", match] = request.split(" ");
  return {
    level,
    method,
    match: match?.split("&") ?? [],
    name,
    needs: withCreationCondition(
      name,
      typeof needs === "string" ? oneAction(level, needs) : needs,
    ),
    run,
  };
}

/** Operations that need `s3:PutObject` before the object is created. */
const PREPARATIONS = new Set(["CreateMultipartUpload", "UploadPart", "UploadPartCopy"]);

/** `s3:PutObject` has a condition key that is true only for the request that creates the object. */
function withCreationCondition(name: string, needs: Needs): Needs {
  const key = { "s3:ObjectCreationOperation": String(!PREPARATIONS.has(name)) };
  return (call) =>
    needs(call).map((permission) =>
      permission.action === "s3:PutObject"
        ? { ...permission, context: { ...permission.context, ...key } }
        : permission
    );
}

function oneAction(level: Level, action: string): Needs {
  if (level === "object") return (call) => [objectAction(call, action)];
  if (level === "bucket") return (call) => [onBucket(call, action)];
  return (call) => [onAccount(call, action)];
}

const VERSIONED = /^s3:(Get|Put|Delete)Object(Acl|Annotation|Attributes|Tagging|Torrent)?$/;
/** What an object's owner decides on, by its tags; deleting it is up to the owner of its bucket. */
const OF_OBJECT_OWNER = /^s3:(GetObject|(Get|Put|Delete)Object(Acl|Attributes|Tagging))$/;

/** A permission on the addressed object: of one version if the request names one, and by its tags. */
export function objectAction(call: S3Call, action: string): NeededPermission {
  const context: Record<string, string> = {};
  const { object } = call;
  const owned = !OF_OBJECT_OWNER.test(action)
    ? {}
    : object === undefined
    ? { objectIsMissing: true }
    : { objectAcl: object.acl, objectOwner: objectOwner(call.bucket, object) };
  if (OF_OBJECT_OWNER.test(action)) {
    for (const { key, value } of object?.tags ?? []) {
      context[`s3:ExistingObjectTag/${key}`] = value;
    }
  }
  const versionId = call.query.get("versionId");
  if (versionId === null || action === "s3:PutObject" || !VERSIONED.test(action)) {
    return { ...onObject(call, action, context), ...owned };
  }
  const ofVersion = action.replace(VERSIONED, "s3:$1ObjectVersion$2");
  return { ...onObject(call, ofVersion, { ...context, "s3:versionid": versionId }), ...owned };
}

/** Parameters that refine an operation and don't choose one. */
const MODIFIERS = new Set(["annotationName", "id", "list-type", "partNumber", "versionId"]);

/** The table of operations, in an order in which the row of a request is found at once. */
export interface Routes {
  /** By level and method. */
  rows: ReadonlyMap<string, Route[]>;
  /** Parameters that choose an operation. */
  subresources: ReadonlySet<string>;
}

/** Puts a table in order. */
export function routesOf(table: readonly Route[]): Routes {
  const conditions = table.flatMap(({ match }) =>
    match.map((condition) => condition.split("=")[0]!)
  );
  return {
    rows: Map.groupBy(table, ({ level, method }) => `${level} ${method}`),
    subresources: new Set(conditions.filter((name) => !MODIFIERS.has(name))),
  };
}

/** Finds the first row that a request fits. */
export function findRoute({ rows, subresources }: Routes, call: S3Call): Route {
  refuseMisplaced(call);
  const found = rows.get(`${call.level} ${call.request.method}`)?.find((candidate) =>
    fits(candidate, call) && !hasOtherSubresource(subresources, candidate, call)
  );
  const isForm = call.request.isForm === true;
  if (found === undefined || (found.name === "PostObject") !== isForm) {
    throw methodNotAllowed(call.request.method);
  }
  return found;
}

/** Refuses what S3 has, but not for this kind of request. */
function refuseMisplaced(call: S3Call): void {
  const { level, query, request: { method } } = call;
  const source = "x-amz-copy-source";
  if (method !== "PUT" && call.header(source) !== undefined) {
    throw invalidArgument(
      "You can only specify a copy source header for copy requests.",
      source,
      call.header(source)!,
    );
  }
  if (level !== "object") return;
  if (method === "PUT" && query.has("partNumber") && !query.has("uploadId")) {
    throw invalidArgument(
      "This operation does not accept partNumber without uploadId",
      "partNumber",
      query.get("partNumber")!,
    );
  }
  if (method !== "GET") return;
  if (query.has("uploads")) {
    throw invalidRequest("Key is not expected for the GET method ?uploads subresource");
  }
  if (query.has("versions")) {
    throw invalidRequest("There is no such thing as the ?versions sub-resource for a key");
  }
}

function fits({ match }: Route, call: S3Call): boolean {
  return match.every((condition) => {
    if (condition.startsWith("@")) return call.header(condition.slice(1)) !== undefined;
    const [name = "", value] = condition.split("=");
    return value === undefined ? call.query.has(name) : call.query.get(name) === value;
  });
}

/** Keeps `DELETE /bucket?acl`, which S3 doesn't have, from deleting the bucket. */
function hasOtherSubresource(
  subresources: ReadonlySet<string>,
  { match }: Route,
  { query }: S3Call,
): boolean {
  if (query.size === 0 || match.some((condition) => !condition.startsWith("@"))) return false;
  return [...query.keys()].some((name) => subresources.has(name));
}
