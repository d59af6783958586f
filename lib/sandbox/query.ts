/**
 * AWS's query protocol, which IAM and STS speak: parameters in, XML out.
 *
 * @module
 */
import { Answer } from "./answer.ts";
import { isAwsOperation } from "./aws_operations.ts";
import { NAMESPACES } from "./error_response.ts";
import { type SandboxRequest, ServiceError } from "./operation.ts";
import { queryParameters } from "./wire.ts";
import { document, element, optional, type Xml, type XmlContent } from "./xml.ts";

/** The parameters of a call. */
export class Parameters {
  readonly #values: Map<string, string>;

  /** Reads the parameters of a request. */
  constructor(request: SandboxRequest) {
    this.#values = new Map(queryParameters(request));
  }

  /** The value of a parameter, if it was given. */
  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** Whether a parameter was given, as a value, a list or a structure. */
  has(name: string): boolean {
    return [...this.#values.keys()].some((key) => key === name || key.startsWith(`${name}.`));
  }

  /** The values of `name.member.1`, `name.member.2` and so on. */
  list(name: string): string[] {
    const values: string[] = [];
    for (let index = 1; this.#values.has(`${name}.member.${index}`); index++) {
      values.push(this.#values.get(`${name}.member.${index}`)!);
    }
    return values;
  }

  /** The fields of `name.member.1.field`, `name.member.2.field` and so on. */
  records(name: string, fields: string[]): Record<string, string>[] {
    const records: Record<string, string>[] = [];
    for (let index = 1;; index++) {
      const given = fields.flatMap((field) => {
        const value = this.#values.get(`${name}.member.${index}.${field}`);
        return value === undefined ? [] : [[field, value] as const];
      });
      if (given.length === 0) return records;
      records.push(Object.fromEntries(given));
    }
  }
}

/** Makes the response to a call. */
export function queryResponse(
  service: "iam" | "sts",
  operation: string,
  requestId: string,
  result: XmlContent,
): Answer {
  const body = document(
    `${operation}Response`,
    NAMESPACES[service],
    result === undefined ? undefined : element(`${operation}Result`, result),
    element("ResponseMetadata", element("RequestId", requestId)),
  );
  return new Answer(body, { headers: { "content-type": "text/xml" } });
}

/**
 * The error where the sandbox has no operation of that name: AWS's own for a name that AWS doesn't
 * have either, another one for what is not a part of the sandbox.
 */
export function noOperation(
  service: "iam" | "sts",
  name: string,
  version: string,
  known: string,
): ServiceError {
  if (version === known && isAwsOperation(service, name)) {
    return new ServiceError(501, "NotImplemented", `${name} is not part of the sandbox.`);
  }
  const message = `Could not find operation ${name} for version ${version}`;
  return new ServiceError(400, "InvalidAction", message);
}

/** What a field of a response may contain. */
export type FieldValue = XmlContent | Date;

/** Makes an element for each field that has a value. */
export function fields(record: Record<string, FieldValue>): XmlContent {
  return Object.entries(record).map(([name, value]) =>
    optional(name, value instanceof Date ? timeText(value) : value)
  );
}

/** Makes a list: an element with a `member` for each item. */
export function members(name: string, items: XmlContent[]): Xml {
  return element(name, ...items.map((item) => element("member", item)));
}

/** Writes a time as AWS's XML does, to the second. */
export function timeText(time: Date): string {
  return time.toISOString().replace(/\.\d+/, "");
}

/** A parameter that AWS would not accept. */
export function validationError(message: string): ServiceError {
  return new ServiceError(400, "ValidationError", message);
}

/** Refuses a call with parameters that the sandbox doesn't support. */
export function refuseUnsupported(
  { parameters }: { parameters: Parameters },
  names: readonly string[],
): void {
  const name = names.find((candidate) => parameters.has(candidate));
  if (name === undefined) return;
  throw validationError(`The sandbox does not support the parameter ${name}.`);
}

/** A parameter that breaks a constraint of the API's model, in AWS's words but for the value. */
export function constraintError(parameter: string, constraint: string): ServiceError {
  const name = parameter.charAt(0).toLowerCase() + parameter.slice(1);
  return validationError(
    `1 validation error detected: Value at '${name}' failed to satisfy constraint: ` +
      `Member must ${constraint}`,
  );
}

/** The value of a parameter that must be given. */
export function required(parameters: Parameters, name: string): string {
  const value = parameters.get(name);
  if (value === undefined) throw constraintError(name, "not be null");
  return value;
}

/** The value of a parameter that has only a few possible ones, if it was given. */
export function oneOf(
  parameters: Parameters,
  name: string,
  values: readonly string[],
): string | undefined {
  const value = parameters.get(name);
  if (value === undefined || values.includes(value)) return value;
  throw constraintError(name, `satisfy enum value set: [${values.join(", ")}]`);
}

/** Refuses a text that is too short or too long. */
export function checkLength(name: string, value: string, min: number, max: number): void {
  const length = [...value].length;
  if (length < min) {
    throw constraintError(name, `have length greater than or equal to ${min}`);
  }
  if (length > max) throw constraintError(name, `have length less than or equal to ${max}`);
}

/** The whole number of a parameter within its bounds, or `undefined` if omitted. */
export function integer(
  parameters: Parameters,
  name: string,
  min: number,
  max: number,
): number | undefined {
  const text = parameters.get(name);
  if (text === undefined) return undefined;
  if (!/^-?\d{1,10}$/.test(text)) {
    throw new ServiceError(400, "MalformedInput", `${name} is not a whole number`);
  }
  const value = Number(text);
  if (value < min) throw constraintError(name, `have value greater than or equal to ${min}`);
  if (value > max) throw constraintError(name, `have value less than or equal to ${max}`);
  return value;
}
