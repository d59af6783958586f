/**
 * Settings of a bucket: public access block, website, CORS, versioning, tags.
 *
 * @module
 */
import type { Answer } from "../../answer.ts";
import type { CorsRule, PublicAccessBlock } from "../../account.ts";
import { ServiceError } from "../../operation.ts";
import { emptyAnswer, type S3Call, xmlAnswer } from "../call.ts";
import { invalidArgument, malformedXml, notConfigured, notImplemented } from "../errors.ts";
import { tagSet, tagsOf } from "../tags.ts";
import {
  childOf,
  childrenOf,
  element,
  optional,
  textOf,
  type Xml,
  type XmlElement,
} from "../../xml.ts";

const BLOCKS = [
  "BlockPublicAcls",
  "IgnorePublicAcls",
  "BlockPublicPolicy",
  "RestrictPublicBuckets",
] as const;

/** Reads a public access block; an omitted setting is off. */
export function readPublicAccessBlock(call: S3Call): PublicAccessBlock {
  const root = call.xml("PublicAccessBlockConfiguration");
  const [BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets] = BLOCKS
    .map((name) => booleanOf(textOf(root, name) ?? "false"));
  return {
    BlockPublicAcls: BlockPublicAcls!,
    IgnorePublicAcls: IgnorePublicAcls!,
    BlockPublicPolicy: BlockPublicPolicy!,
    RestrictPublicBuckets: RestrictPublicBuckets!,
  };
}

function booleanOf(text: string): boolean {
  const lower = text.trim().toLowerCase();
  if (lower !== "true" && lower !== "false") throw malformedXml();
  return lower === "true";
}

/** The elements of a public access block. */
export function publicAccessBlockMarkup(block: PublicAccessBlock): Xml[] {
  return BLOCKS.map((name) => element(name, block[name]));
}

/** PutPublicAccessBlock, which replaces all four settings. */
export function putPublicAccessBlock(call: S3Call): Answer {
  call.bucket.publicAccessBlock = readPublicAccessBlock(call);
  return emptyAnswer();
}

/** GetPublicAccessBlock. */
export function getPublicAccessBlock({ bucket }: S3Call): Answer {
  if (bucket.publicAccessBlock === undefined) {
    throw notConfigured(
      "NoSuchPublicAccessBlockConfiguration",
      "The public access block configuration was not found",
      bucket.name,
    );
  }
  const content = publicAccessBlockMarkup(bucket.publicAccessBlock);
  return xmlAnswer("PublicAccessBlockConfiguration", content);
}

/** DeletePublicAccessBlock. */
export function deletePublicAccessBlock({ bucket }: S3Call): Answer {
  bucket.publicAccessBlock = undefined;
  return emptyAnswer(204);
}

/** PutBucketWebsite, for sites with an index document. */
export function putBucketWebsite(call: S3Call): Answer {
  const root = call.xml("WebsiteConfiguration");
  if (childOf(root, "RedirectAllRequestsTo") || childOf(root, "RoutingRules")) {
    throw notImplemented("Redirects of websites are not part of the sandbox");
  }
  const indexSuffix = textOf(childOf(root, "IndexDocument"), "Suffix");
  if (indexSuffix === undefined) {
    throw invalidArgument(
      "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
      "IndexDocument",
      "null",
    );
  }
  if (indexSuffix === "" || indexSuffix.includes("/")) {
    throw invalidArgument(
      "The IndexDocument Suffix is not well formed",
      "IndexDocument",
      indexSuffix,
    );
  }
  const errorKey = textOf(childOf(root, "ErrorDocument"), "Key");
  call.bucket.website = { indexSuffix, errorKey };
  return emptyAnswer();
}

/** GetBucketWebsite. */
export function getBucketWebsite({ bucket }: S3Call): Answer {
  if (bucket.website === undefined) {
    throw notConfigured(
      "NoSuchWebsiteConfiguration",
      "The specified bucket does not have a website configuration",
      bucket.name,
    );
  }
  const { indexSuffix, errorKey } = bucket.website;
  return xmlAnswer("WebsiteConfiguration", [
    element("IndexDocument", element("Suffix", indexSuffix)),
    errorKey === undefined ? undefined : element("ErrorDocument", element("Key", errorKey)),
  ]);
}

/** DeleteBucketWebsite. */
export function deleteBucketWebsite({ bucket }: S3Call): Answer {
  bucket.website = undefined;
  return emptyAnswer(204);
}

const MAX_CORS_RULES = 100;
const CORS_METHODS = ["GET", "PUT", "POST", "DELETE", "HEAD"];

function corsRule(rule: XmlElement): CorsRule {
  const texts = (name: string) => childrenOf(rule, name).map(({ text }) => text);
  const AllowedMethods = texts("AllowedMethod");
  const AllowedOrigins = texts("AllowedOrigin");
  if (AllowedMethods.length === 0 || AllowedOrigins.length === 0) throw malformedXml();
  const unsupported = AllowedMethods.find((method) => !CORS_METHODS.includes(method));
  if (unsupported !== undefined) {
    throw new ServiceError(
      400,
      "InvalidRequest",
      `Found unsupported HTTP method in CORS config. Unsupported method is ${unsupported}`,
    );
  }
  checkWildcards("AllowedOrigin", AllowedOrigins);
  checkWildcards("AllowedHeader", texts("AllowedHeader"));
  const maxAge = textOf(rule, "MaxAgeSeconds");
  if (maxAge !== undefined && !/^\d+$/.test(maxAge.trim())) throw malformedXml();
  const ID = textOf(rule, "ID");
  return {
    ...(ID !== undefined && { ID }),
    AllowedMethods,
    AllowedOrigins,
    ...(texts("AllowedHeader").length > 0 && { AllowedHeaders: texts("AllowedHeader") }),
    ...(texts("ExposeHeader").length > 0 && { ExposeHeaders: texts("ExposeHeader") }),
    ...(maxAge !== undefined && { MaxAgeSeconds: Number(maxAge) }),
  };
}

function checkWildcards(name: string, values: string[]): void {
  const wrong = values.find((value) => value.split("*").length > 2);
  if (wrong === undefined) return;
  const message = `${name} "${wrong}" can not have more than one wildcard.`;
  throw new ServiceError(400, "InvalidRequest", message);
}

/** PutBucketCors, which replaces all rules. */
export function putBucketCors(call: S3Call): Answer {
  const rules = childrenOf(call.xml("CORSConfiguration"), "CORSRule");
  if (rules.length === 0 || rules.length > MAX_CORS_RULES) throw malformedXml();
  call.bucket.cors = rules.map(corsRule);
  return emptyAnswer();
}

/** GetBucketCors. */
export function getBucketCors({ bucket }: S3Call): Answer {
  if (bucket.cors === undefined) {
    throw notConfigured(
      "NoSuchCORSConfiguration",
      "The CORS configuration does not exist",
      bucket.name,
    );
  }
  const all = (name: string, values: string[] = []) => values.map((value) => element(name, value));
  const rules = bucket.cors.map((rule) =>
    element("CORSRule", [
      optional("ID", rule.ID),
      all("AllowedHeader", rule.AllowedHeaders),
      all("AllowedMethod", rule.AllowedMethods),
      all("AllowedOrigin", rule.AllowedOrigins),
      all("ExposeHeader", rule.ExposeHeaders),
      optional("MaxAgeSeconds", rule.MaxAgeSeconds),
    ])
  );
  return xmlAnswer("CORSConfiguration", rules);
}

/** DeleteBucketCors. */
export function deleteBucketCors({ bucket }: S3Call): Answer {
  bucket.cors = undefined;
  return emptyAnswer(204);
}

/** PutBucketVersioning. */
export function putBucketVersioning(call: S3Call): Answer {
  const configuration = call.xml("VersioningConfiguration");
  if (textOf(configuration, "MfaDelete") === "Enabled") {
    throw notImplemented("Deleting with MFA is not part of the sandbox");
  }
  const status = textOf(configuration, "Status");
  if (status === undefined) {
    throw new ServiceError(
      400,
      "IllegalVersioningConfigurationException",
      "The Versioning element must be specified",
    );
  }
  if (status !== "Enabled" && status !== "Suspended") throw malformedXml();
  if (status === "Suspended" && call.bucket.objectLock) {
    throw new ServiceError(
      409,
      "InvalidBucketState",
      "An Object Lock configuration is present on this bucket, so the versioning state cannot " +
        "be changed.",
    );
  }
  call.bucket.versioning = status;
  return emptyAnswer();
}

/** GetBucketVersioning. */
export function getBucketVersioning({ bucket }: S3Call): Answer {
  return xmlAnswer("VersioningConfiguration", optional("Status", bucket.versioning));
}

/** PutBucketTagging, which replaces all tags. */
export function putBucketTagging(call: S3Call): Answer {
  call.bucket.tags = tagsOf(childOf(call.xml("Tagging"), "TagSet"));
  return emptyAnswer(204);
}

/** GetBucketTagging. */
export function getBucketTagging({ bucket }: S3Call): Answer {
  if (!bucket.tags?.length) {
    throw notConfigured("NoSuchTagSet", "The TagSet does not exist", bucket.name);
  }
  return xmlAnswer("Tagging", tagSet(bucket.tags));
}

/** DeleteBucketTagging. */
export function deleteBucketTagging({ bucket }: S3Call): Answer {
  bucket.tags = [];
  return emptyAnswer(204);
}
