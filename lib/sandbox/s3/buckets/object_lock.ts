/**
 * The retention that a bucket with Object Lock gives to its new objects. See
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html
 *
 * @module
 */
import type { Answer } from "../../answer.ts";
import type { DefaultRetention } from "../../account.ts";
import { ServiceError } from "../../operation.ts";
import { emptyAnswer, type S3Call, xmlAnswer } from "../call.ts";
import { invalidArgument, malformedXml } from "../errors.ts";
import { childOf, element, textOf, type XmlElement } from "../../xml.ts";

/** PutObjectLockConfiguration, which replaces the rule. */
export function putObjectLock(call: S3Call): Answer {
  const configuration = call.xml("ObjectLockConfiguration");
  if (textOf(configuration, "ObjectLockEnabled") !== "Enabled") throw malformedXml();
  const rule = childOf(configuration, "Rule");
  const retention = rule && readRetention(childOf(rule, "DefaultRetention"));
  if (call.bucket.versioning !== "Enabled") {
    throw new ServiceError(
      409,
      "InvalidBucketState",
      "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
    );
  }
  call.bucket.objectLock = true;
  call.bucket.defaultRetention = retention;
  return emptyAnswer();
}

/** A hundred years. */
const LONGEST = { Days: 36_500, Years: 100 };

function readRetention(element: XmlElement | undefined): DefaultRetention {
  const mode = textOf(element, "Mode");
  if (mode !== "GOVERNANCE" && mode !== "COMPLIANCE") throw malformedXml();
  const units = (["Days", "Years"] as const).filter((unit) => textOf(element, unit) !== undefined);
  const [unit] = units;
  if (unit === undefined || units.length > 1) throw malformedXml();
  const text = textOf(element, unit)!;
  const count = Number(text);
  if (!/^-?\d+$/.test(text)) throw malformedXml();
  if (count < 1) {
    throw invalidArgument(
      "Default retention period must be a positive integer value.",
      unit,
      text,
    );
  }
  if (count > LONGEST[unit]) {
    throw invalidArgument("Default retention period too large.", unit, text);
  }
  return { mode, unit, count };
}

/** GetObjectLockConfiguration. */
export function getObjectLock({ bucket }: S3Call): Answer {
  if (!bucket.objectLock) {
    throw new ServiceError(
      404,
      "ObjectLockConfigurationNotFoundError",
      "Object Lock configuration does not exist for this bucket",
      { details: { BucketName: bucket.name } },
    );
  }
  const { defaultRetention } = bucket;
  const rule = defaultRetention && element("Rule", [
    element("DefaultRetention", [
      element("Mode", defaultRetention.mode),
      element(defaultRetention.unit, String(defaultRetention.count)),
    ]),
  ]);
  return xmlAnswer("ObjectLockConfiguration", [
    element("ObjectLockEnabled", "Enabled"),
    ...(rule === undefined ? [] : [rule]),
  ]);
}
