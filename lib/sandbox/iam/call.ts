/**
 * What the IAM operations share: reading names, finding entities, and AWS's errors about them.
 *
 * @module
 */
import type { AccessKey, Account, Group, ManagedPolicy, Role, Tag, User } from "../account.ts";
import { type Caller, type NeededPermission, ServiceError } from "../operation.ts";
import {
  checkLength,
  constraintError,
  fields,
  type FieldValue,
  integer,
  members,
  type Parameters,
  required,
  validationError,
} from "../query.ts";
import type { XmlContent } from "../xml.ts";

/** A call of an IAM operation. */
export interface IamCall {
  parameters: Parameters;
  caller: Caller;
  account: Account;
}

/** An IAM operation. */
export interface IamOperation {
  /** Reads what the call needs; throws for an invalid call. */
  permissions(call: IamCall): NeededPermission[];
  /** Does the work and returns the content of the response's result element, if there is one. */
  run(call: IamCall): XmlContent;
}

/** Operations by AWS's name. */
export type IamOperations = Record<string, IamOperation>;

/** Kinds of entities that have names. */
export type NamedKind = "user" | "role" | "group" | "policy" | "mfa" | "instance-profile";

const NAME = /^[\w+=,.@-]+$/;

/** Refuses a name that is too long or holds other characters than IAM allows. */
function checkName(parameter: string, name: string, max: number): void {
  checkLength(parameter, name, 1, max);
  if (NAME.test(name)) return;
  const lower = parameter.charAt(0).toLowerCase() + parameter.slice(1);
  throw validationError(
    `The specified value for ${lower} is invalid. ` +
      "It must contain only alphanumeric characters and/or the following: +=,.@_-",
  );
}

/** The name that a parameter must give. */
export function nameOf(call: IamCall, parameter: string, max = 128): string {
  const name = required(call.parameters, parameter);
  checkName(parameter, name, max);
  return name;
}

/** The path of a new entity; `/` if omitted. */
export function pathOf(call: IamCall, parameter = "Path"): string {
  const path = call.parameters.get(parameter) ?? "/";
  checkLength(parameter, path, 1, 512);
  if (!/^\/(?:[\x21-\x7e]+\/)?$/.test(path)) {
    throw validationError(
      "The specified value for path is invalid. It must begin and end with / and contain only " +
        "alphanumeric characters and/or / characters.",
    );
  }
  return path;
}

/** The name of the user that a call is about: the caller's own if omitted. */
export function userNameOf(call: IamCall): string {
  if (call.parameters.get("UserName") !== undefined) return nameOf(call, "UserName");
  if (call.caller.type === "user") return call.caller.user.userName;
  throw validationError("Must specify userName when calling with non-User credentials");
}

/** A user, role or group by its name, which IAM doesn't distinguish by case. */
export function entityNamed<T>(entities: ReadonlyMap<string, T>, name: string): T | undefined {
  const exact = entities.get(name);
  if (exact !== undefined) return exact;
  const lower = name.toLowerCase();
  return [...entities].find(([candidate]) => candidate.toLowerCase() === lower)?.[1];
}

/** The user that a call is about. */
export function userOf(call: IamCall): User {
  const name = userNameOf(call);
  const user = entityNamed(call.account.users, name);
  if (user === undefined || !call.account.visibility.sees(user)) throw noSuchEntity("user", name);
  return user;
}

/** The role that a call is about. */
export function roleOf(call: IamCall): Role {
  const name = nameOf(call, "RoleName", 64);
  return entityNamed(call.account.roles, name) ?? refuse(noSuchEntity("role", name));
}

/** ARN of a user, with its path if it exists. */
export function userArn(account: Account, name: string): string {
  return entityNamed(account.users, name)?.arn ?? arnOf(account, "user", name);
}

/** ARN of a role, with its path if it exists. */
export function roleArn(account: Account, name: string): string {
  return entityNamed(account.roles, name)?.arn ?? arnOf(account, "role", name);
}

/** ARN of an entity of an account. */
export function arnOf(account: Account, kind: NamedKind, name: string, path = "/"): string {
  return `arn:${account.partition}:iam::${account.id}:${kind}${path}${name}`;
}

/** An operation that needs one permission, on the user that the call is about. */
export function onUser(
  action: string,
  run: (user: User, call: IamCall) => XmlContent,
): IamOperation {
  return {
    permissions: (call) => [{
      action: `iam:${action}`,
      resource: userArn(call.account, userNameOf(call)),
    }],
    run: (call) => run(userOf(call), call),
  };
}

/** An operation that needs one permission, on the role that the call is about. */
export function onRole(
  action: string,
  run: (role: Role, call: IamCall) => XmlContent,
): IamOperation {
  return {
    permissions: (call) => [{
      action: `iam:${action}`,
      resource: roleArn(call.account, nameOf(call, "RoleName", 64)),
    }],
    run: (call) => run(roleOf(call), call),
  };
}

/** The group that a call is about. */
export function groupOf(call: IamCall): Group {
  const name = nameOf(call, "GroupName");
  return entityNamed(call.account.groups, name) ?? refuse(noSuchEntity("group", name));
}

/** ARN of a group, with its path if it exists. */
export function groupArn(account: Account, name: string): string {
  return entityNamed(account.groups, name)?.arn ?? arnOf(account, "group", name);
}

/** An operation that needs one permission, on the group that the call is about. */
export function onGroup(
  action: string,
  run: (group: Group, call: IamCall) => XmlContent,
): IamOperation {
  return {
    permissions: (call) => [{
      action: `iam:${action}`,
      resource: groupArn(call.account, nameOf(call, "GroupName")),
    }],
    run: (call) => run(groupOf(call), call),
  };
}

/** An operation that needs one permission, on the managed policy that the call is about. */
export function onPolicy(
  action: string,
  run: (policy: ManagedPolicy, call: IamCall) => XmlContent,
): IamOperation {
  const arnOfCall = ({ parameters }: IamCall) => {
    const arn = required(parameters, "PolicyArn");
    checkLength("PolicyArn", arn, 20, 2048);
    return arn;
  };
  return {
    permissions: (call) => [{ action: `iam:${action}`, resource: arnOfCall(call) }],
    run: (call) => {
      const arn = arnOfCall(call);
      const policy = call.account.policies.get(arn);
      return run(policy ?? refuse(noSuchPolicy(`Policy ${arn} was not found.`)), call);
    },
  };
}

/** Throws as an expression. */
export function refuse(error: ServiceError): never {
  throw error;
}

/** An entity doesn't exist. */
export function noSuchEntity(kind: string, name: string): ServiceError {
  return new ServiceError(404, "NoSuchEntity", `The ${kind} with name ${name} cannot be found.`);
}

/** A managed policy, or a version of one, doesn't exist. */
export function noSuchPolicy(message: string): ServiceError {
  return new ServiceError(404, "NoSuchEntity", message);
}

/** An entity already exists. */
export function alreadyExists(message: string): ServiceError {
  return new ServiceError(409, "EntityAlreadyExists", message);
}

/** Something else must be deleted first. */
export function deleteConflict(message: string): ServiceError {
  return new ServiceError(409, "DeleteConflict", message);
}

/** A quota would be exceeded. */
export function limitExceeded(message: string): ServiceError {
  return new ServiceError(409, "LimitExceeded", message);
}

/** Whether a name is taken; IAM compares these without regard to case. */
export function isTaken(names: Iterable<string>, name: string): boolean {
  const lower = name.toLowerCase();
  return [...names].some((candidate) => candidate.toLowerCase() === lower);
}

/** The tags that a call gives to something of that kind. */
export function tagsOf({ parameters }: Pick<IamCall, "parameters">, kind: TaggedKind): Tag[] {
  const tags = parameters.records("Tags", ["Key", "Value"]).map((record) => ({
    key: record.Key ?? refuse(constraintError("tags", "not be null")),
    value: record.Value ?? "",
  }));
  return checkTags(tags, kind);
}

/** Kinds of what has tags, as quotas name them. */
type TaggedKind =
  | "User"
  | "Role"
  | "Session"
  | "Policy"
  | "OpenIDConnectProvider"
  | "InstanceProfile"
  | "MFADevice";

/** What identifies a tag: its key, for users, roles and sessions regardless of case. */
function tagName(key: string, kind: TaggedKind): string {
  return ["User", "Role", "Session"].includes(kind) ? key.toLowerCase() : key;
}

const MAX_TAGS = 50;
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const TAG_PATTERN = "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]";

/** Refuses tags that IAM doesn't accept on anything. */
export function checkTags(tags: Tag[], kind: TaggedKind): Tag[] {
  if (tags.length > MAX_TAGS) {
    throw constraintError("tags", `have length less than or equal to ${MAX_TAGS}`);
  }
  tags.forEach(({ key, value }, index) => {
    checkTagText(`tags.${index + 1}.member.key`, key, 1, 128);
    checkTagText(`tags.${index + 1}.member.value`, value, 0, 256);
  });
  const names = new Set(tags.map(({ key }) => tagName(key, kind)));
  if (names.size === tags.length) return tags;
  const isInsensitive = tagName("A", kind) === "a";
  throw new ServiceError(
    400,
    kind === "Session" ? "InvalidParameterValue" : "InvalidInput",
    "Duplicate tag keys found." +
      (isInsensitive ? " Please note that Tag keys are case insensitive." : ""),
  );
}

function checkTagText(name: string, text: string, min: number, max: number): void {
  checkLength(name, text, min, max);
  if (TAG_TEXT.test(text)) return;
  const pattern = TAG_PATTERN + (min > 0 ? "+" : "*");
  throw constraintError(name, `satisfy regular expression pattern: ${pattern}`);
}

/** Adds tags, replacing those with the same key. */
export function mergeTags(present: Tag[], added: Tag[], kind: TaggedKind): Tag[] {
  const names = new Set(added.map(({ key }) => tagName(key, kind)));
  const merged = [...present.filter(({ key }) => !names.has(tagName(key, kind))), ...added];
  if (merged.length > MAX_TAGS) {
    throw limitExceeded(
      kind === "OpenIDConnectProvider"
        ? "The number of tags has reached the maximum limit."
        : `Cannot exceed quota for TagsPer${kind}: ${MAX_TAGS}`,
    );
  }
  return merged;
}

/** The keys of the tags that a call takes away. */
function tagKeysOf({ parameters }: IamCall): string[] {
  const keys = parameters.list("TagKeys");
  if (keys.length > MAX_TAGS) {
    throw constraintError("tagKeys", `have length less than or equal to ${MAX_TAGS}`);
  }
  if (keys.every((key) => key !== "" && [...key].length <= 128 && TAG_TEXT.test(key))) return keys;
  throw constraintError(
    "tagKeys",
    "satisfy constraint: [Member must have length less than or equal to 128, Member must have " +
      "length greater than or equal to 1, Member must satisfy regular expression pattern: " +
      `${TAG_PATTERN}+, Member must not be null]`,
  );
}

/** What is left of tags without those that a call names in `TagKeys`. */
export function withoutTags(present: Tag[], call: IamCall, kind: TaggedKind): Tag[] {
  const names = new Set(tagKeysOf(call).map((key) => tagName(key, kind)));
  return present.filter(({ key }) => !names.has(tagName(key, kind)));
}

/** The condition key about the tags that a call takes away. */
export function untagContext(call: IamCall): Record<string, string[]> {
  return { "aws:TagKeys": tagKeysOf(call) };
}

/** The operations that add tags to what a call is about, found by `find`, and take them away. */
export function taggingOperations(
  kind: TaggedKind,
  arn: (call: IamCall) => string,
  find: (call: IamCall) => { tags?: Tag[] },
): IamOperations {
  const run = (changed: (tags: Tag[], call: IamCall) => Tag[]) => (call: IamCall) => {
    const entity = find(call);
    entity.tags = changed(entity.tags ?? [], call);
    return undefined;
  };
  const needs = (action: string, call: IamCall, context: NeededPermission["context"]) => [
    { action: `iam:${action}${kind}`, resource: arn(call), context },
  ];
  return {
    [`Tag${kind}`]: {
      permissions: (call) => needs("Tag", call, tagContext(tagsOf(call, kind))),
      run: run((tags, call) => mergeTags(tags, tagsOf(call, kind), kind)),
    },
    [`Untag${kind}`]: {
      permissions: (call) => needs("Untag", call, untagContext(call)),
      run: run((tags, call) => withoutTags(tags, call, kind)),
    },
  };
}

/** Writes one page of tags. */
export function pageOfTags(call: IamCall, tags: Tag[]): XmlContent {
  return page(
    call,
    "Tags",
    tags.map((tag) => [tag.key, tag] as const),
    ({ key, value }) => fields({ Key: key, Value: value }),
  );
}

/** Condition keys about the tags that a call gives. */
export function tagContext(tags: Tag[]): Record<string, string | string[]> {
  if (tags.length === 0) return {};
  return {
    "aws:TagKeys": tags.map(({ key }) => key),
    ...Object.fromEntries(tags.map(({ key, value }) => [`aws:RequestTag/${key}`, value])),
  };
}

/** Writes tags. */
export function tagMembers(tags: Tag[]): XmlContent {
  return members("Tags", tags.map(({ key, value }) => fields({ Key: key, Value: value })));
}

/** Writes one page of a list, as requested by `MaxItems` and `Marker`. */
export function page<T>(
  call: IamCall,
  name: string,
  items: Iterable<readonly [key: string, item: T]>,
  write: (item: T, key: string) => XmlContent,
): XmlContent {
  const { included, end } = onePage(call, items);
  return [members(name, included.map(([key, item]) => write(item, key))), end];
}

/** An item of {@linkcode pageOfLists}: what it is sorted by, and how it is written. */
export type ListItem = readonly [key: string, write: () => XmlContent];

/** Writes one page of several lists, which follow each other from page to page. */
export function pageOfLists(call: IamCall, lists: Record<string, ListItem[]>): XmlContent {
  const names = Object.keys(lists);
  const items = names.flatMap((name, index) =>
    lists[name]!.map(([key, write]) => [`${index} ${key}`, { name, write }] as const)
  );
  const { included, end } = onePage(call, items);
  const ofList = (list: string) =>
    included.filter(([, { name }]) => name === list).map(([, { write }]) => write());
  return [names.map((name) => members(name, ofList(name))), end];
}

/** The items of the page that a call asks for, and the fields that end a page. */
function onePage<T>(
  call: IamCall,
  items: Iterable<readonly [key: string, item: T]>,
): { included: (readonly [key: string, item: T])[]; end: XmlContent } {
  const size = integer(call.parameters, "MaxItems", 1, 1000) ?? 100;
  const after = markerOf(call);
  const rest = [...items]
    .sort(([a], [b]) => compareNames(a, b))
    .filter(([key]) => after === undefined || compareNames(key, after) > 0);
  const included = rest.slice(0, size);
  const isTruncated = rest.length > size;
  const end = fields({
    IsTruncated: isTruncated,
    Marker: isTruncated ? encodeMarker(included.at(-1)![0]) : undefined,
  });
  return { included, end };
}

/** Compares names as IAM sorts them: regardless of case. */
function compareNames(a: string, b: string): number {
  const [one, other] = [a.toLowerCase(), b.toLowerCase()];
  if (one === other) return a < b ? -1 : a > b ? 1 : 0;
  return one < other ? -1 : 1;
}

function markerOf(call: IamCall): string | undefined {
  const marker = call.parameters.get("Marker");
  if (marker === undefined) return undefined;
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(marker), (c) => c.charCodeAt(0)));
  } catch {
    throw validationError("Invalid Marker.");
  }
}

function encodeMarker(key: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(key)));
}

/** Writes an access key without its secret. */
export function accessKeyFields(user: User, key: AccessKey): Record<string, FieldValue> {
  return {
    UserName: user.userName,
    AccessKeyId: key.accessKeyId,
    Status: key.status,
    CreateDate: key.createDate,
  };
}
