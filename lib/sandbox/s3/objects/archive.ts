/**
 * Objects of the archiving storage classes: their content can be read only while they are restored.
 * See https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
 *
 * @module
 */
import type { Answer } from "../../answer.ts";
import type { StoredObject } from "../../account.ts";
import type { May } from "../../operation.ts";
import { ServiceError } from "../../operation.ts";
import { emptyAnswer, type S3Call } from "../call.ts";
import { malformedXml, notImplemented } from "../errors.ts";
import { existingObject } from "./existing.ts";
import { storageClassOf } from "./headers.ts";
import { childOf, textOf } from "../../xml.ts";

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;

/** How many minutes a restoration takes at most, by storage class and tier. */
const MINUTES: Record<string, Record<string, number>> = {
  GLACIER: { Expedited: 5, Standard: 300, Bulk: 720 },
  DEEP_ARCHIVE: { Standard: 720, Bulk: 2880 },
};

/** Throws where an object is archived and not restored. */
export function checkReadable(
  call: S3Call,
  object: StoredObject,
  message = "The operation is not valid for the object's storage class",
): void {
  const storageClass = storageClassOf(object);
  const now = call.account.clock.now();
  const { restoration } = object;
  const isRestored = restoration && restoration.ready <= now && now < restoration.ends;
  if (!(storageClass in MINUTES) || isRestored) return;
  throw invalidState(message, storageClass);
}

function invalidState(message: string, storageClass: string): ServiceError {
  return new ServiceError(403, "InvalidObjectState", message, {
    details: { StorageClass: storageClass },
  });
}

/** RestoreObject: a copy to read, for some days; it is there after the time that S3 takes at most. */
export function restoreObject(call: S3Call, may: May): Answer {
  const object = existingObject(call, may);
  const request = call.xml("RestoreRequest");
  if (childOf(request, "SelectParameters") || childOf(request, "OutputLocation")) {
    throw notImplemented("Restorations by a query are not part of the sandbox");
  }
  const days = Number(textOf(request, "Days"));
  if (!Number.isInteger(days) || days < 1) throw malformedXml();
  const tier = textOf(childOf(request, "GlacierJobParameters"), "Tier") ??
    textOf(request, "Tier") ?? "Standard";
  const storageClass = storageClassOf(object);
  const minutes = MINUTES[storageClass];
  if (minutes === undefined) {
    throw invalidState(
      "Restore is not allowed for the object's current storage class",
      storageClass,
    );
  }
  const wait = minutes[tier];
  if (wait === undefined) throw malformedXml();
  const now = call.account.clock.now();
  const { restoration } = object;
  if (restoration && now < restoration.ready) {
    throw new ServiceError(
      409,
      "RestoreAlreadyInProgress",
      "Object restore is already in progress",
    );
  }
  const isThere = restoration !== undefined && now < restoration.ends;
  const ready = isThere ? restoration.ready : new Date(now.getTime() + wait * MINUTE_MS);
  const since = isThere ? now : ready;
  // It ends at a midnight UTC, as lifecycle rules do.
  const day = DAY_MINUTES * MINUTE_MS;
  const ends = new Date(Math.ceil((since.getTime() + days * day) / day) * day);
  object.restoration = { ready, ends };
  return emptyAnswer(isThere ? 200 : 202);
}
