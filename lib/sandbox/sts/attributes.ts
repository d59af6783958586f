/**
 * Session tags and source identity: what a call, a token or the calling session says about a new
 * session of a role, see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
 *
 * @module
 */
import { isObject } from "../../is_object.ts";
import type { Tag } from "../account.ts";
import { checkTags, tagContext, tagsOf } from "../iam/call.ts";
import { type Caller, type NeededPermission, ServiceError } from "../operation.ts";
import { validationError } from "../query.ts";
import { checkSessionName, sessionNameOf, type StsCall } from "./call.ts";
import type { SessionAttributes } from "./session.ts";

const MAX_TAGS = 50;
const TAGS_CLAIM = "https://aws.amazon.com/tags";
const SOURCE_IDENTITY_CLAIM = "https://aws.amazon.com/source_identity";

/** The tags that a call gives a session. */
export function sessionTagsOf(call: StsCall): Tag[] {
  return limited(tagsOf(call, "Session"));
}

/** What the parameters of a call say. */
export function attributesOfCall(call: StsCall): SessionAttributes {
  const { parameters } = call;
  return checked({
    tags: sessionTagsOf(call),
    transitiveTagKeys: parameters.list("TransitiveTagKeys"),
    sourceIdentity: parameters.has("SourceIdentity")
      ? sessionNameOf(call, "SourceIdentity", 64)
      : undefined,
  });
}

/** What the claims of a web identity token say. */
export function attributesOfToken(claims: Record<string, unknown>): SessionAttributes {
  const given = isObject(claims[TAGS_CLAIM]) ? claims[TAGS_CLAIM] : {};
  const tags = Object.entries(isObject(given.principal_tags) ? given.principal_tags : {})
    .map(([key, value]) => ({ key, value: singleText(value, TAGS_CLAIM) }));
  const sourceIdentity = claims[SOURCE_IDENTITY_CLAIM];
  return checked({
    tags: limited(checkTags(tags, "Session")),
    transitiveTagKeys: [given.transitive_tag_keys ?? []].flat().map(String),
    sourceIdentity: sourceIdentity === undefined
      ? undefined
      : checkSessionName("SourceIdentity", singleText(sourceIdentity, SOURCE_IDENTITY_CLAIM), 64),
  });
}

function singleText(value: unknown, claim: string): string {
  const [text, ...more] = [value].flat();
  if (typeof text === "string" && more.length === 0) return text;
  throw new ServiceError(400, "InvalidIdentityToken", `Not a single text in the claim ${claim}`);
}

function limited(tags: Tag[]): Tag[] {
  if (tags.length <= MAX_TAGS) return tags;
  throw validationError(
    "1 validation error detected: Value at 'tags' failed to satisfy constraint: " +
      `Member must have length less than or equal to ${MAX_TAGS}`,
  );
}

function checked(attributes: SessionAttributes): SessionAttributes {
  const keys = attributes.tags.map(({ key }) => key.toLowerCase());
  if (attributes.transitiveTagKeys.every((key) => keys.includes(key.toLowerCase()))) {
    return attributes;
  }
  throw new ServiceError(
    400,
    "InvalidParameterValue",
    "The specified transitive tag key must be included in the requested tags.",
  );
}

/** The attributes of a new session: those given, and those that it inherits from the caller's. */
export function withInherited(caller: Caller, given: SessionAttributes): SessionAttributes {
  const calling = caller.type === "session" ? caller.session.attributes : undefined;
  if (calling === undefined) return given;
  const transitive = calling.transitiveTagKeys.map((key) => key.toLowerCase());
  if (given.tags.some(({ key }) => transitive.includes(key.toLowerCase()))) {
    throw new ServiceError(
      400,
      "InvalidParameterValue",
      "One of the specified transitive tag keys can't be set because it conflicts with a " +
        "transitive tag key from the calling session.",
    );
  }
  const { sourceIdentity = given.sourceIdentity } = calling;
  if (given.sourceIdentity !== undefined && given.sourceIdentity !== sourceIdentity) {
    throw new ServiceError(
      403,
      "AccessDenied",
      "The source identity of a session can't be changed",
    );
  }
  const inherited = calling.tags.filter(({ key }) => transitive.includes(key.toLowerCase()));
  return {
    tags: [...inherited, ...given.tags],
    transitiveTagKeys: [...calling.transitiveTagKeys, ...given.transitiveTagKeys],
    sourceIdentity,
  };
}

/** A permission to assume a role, and those that the session's attributes require. */
export function withAttributes(
  permission: NeededPermission,
  given: SessionAttributes,
  caller: Caller,
): NeededPermission[] {
  const { tags, transitiveTagKeys } = given;
  const { sourceIdentity } = withInherited(caller, given);
  const main: NeededPermission = {
    ...permission,
    context: {
      ...permission.context,
      ...tagContext(tags),
      ...(transitiveTagKeys.length > 0 && { "sts:TransitiveTagKeys": transitiveTagKeys }),
      ...(sourceIdentity !== undefined && { "sts:SourceIdentity": sourceIdentity }),
    },
  };
  return [
    main,
    ...(tags.length > 0 ? [{ ...main, action: "sts:TagSession" }] : []),
    ...(sourceIdentity !== undefined ? [{ ...main, action: "sts:SetSourceIdentity" }] : []),
  ];
}
