/**
 * STS's call GetCallerIdentity, without the SDK's client where that makes no difference.
 *
 * @module
 */
import { HttpClient, type HttpResponse } from "../../http/client.ts";
import { type NetworkSettings, proxyFor } from "../../http/proxy.ts";
import { noteOtherService } from "../clients.ts";
import { type Aws, connectionOf } from "../connect.ts";
import { sha256 } from "../../sha256.ts";
import { customEndpoint } from "../settings.ts";
import { metadataOf, RequestError, UNKNOWN } from "./request_error.ts";
import { isSuccess, sendSigned } from "./send.ts";
import { Signer } from "./signature.ts";
import { withStandardRetries } from "./standard_retries.ts";
import { isPseudoRegion, stsEndpoint } from "./sts_endpoint.ts";
import { childText, parseXml, type XmlElement } from "./xml.ts";

/** Which user or role calls, under AWS's field names. */
export interface Identity {
  /** The unique id of the user, or of the role and session. */
  UserId: string;
  /** The account's number. */
  Account: string;
  /** The ARN of the user or session. */
  Arn: string;
}

const OPERATION = "GetCallerIdentity";
const BODY = `Action=${OPERATION}&Version=2011-06-15`;

/** Asks STS whom the credentials belong to; throws what `serviceError` understands. */
export async function callerIdentity(aws: Aws): Promise<Identity> {
  const settings = await connectionOf(aws).settings;
  const { region, useGlobalSts, clock, onRequest, network, requestTimeoutMs } = settings;
  const origin = new URL(customEndpoint(settings, "STS") ?? stsEndpoint(settings));
  if (isPseudoRegion(region) || useGlobalSts || needsOnlyBundle(origin, network)) {
    const { UserId = "", Account = "", Arn = "" } = await (await aws.sts()).getCallerIdentity({});
    return { UserId, Account, Arn };
  }
  const request = {
    operation: OPERATION,
    method: "POST",
    origin,
    path: `${origin.pathname.replace(/\/+$/, "")}/`,
    query: {},
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new TextEncoder().encode(BODY),
    payloadHash: sha256(BODY),
  };
  const http = new HttpClient(requestTimeoutMs, network);
  const route = { http, signer: new Signer(region, "sts"), clock, onRequest };
  try {
    const credentials = await settings.credentials();
    const answer = await withStandardRetries(async () => {
      const answer = await sendSigned(request, credentials, route);
      if (!isSuccess(answer.status)) throw errorIn(answer);
      return answer;
    }, clock);
    return identityIn(answer);
  } catch (error) {
    noteOtherService(error, settings, "STS");
    throw error;
  } finally {
    http.close();
  }
}

/** Whether TLS must trust only a bundle's authorities: our own connections trust Deno's, too. */
function needsOnlyBundle(origin: URL, network: NetworkSettings): boolean {
  const servers = [origin, proxyFor(origin, network)];
  return network.ca !== undefined && servers.some((server) => server?.protocol === "https:");
}

function identityIn({ text }: HttpResponse): Identity {
  const result = childOf(parseXml(text), `${OPERATION}Result`);
  if (result === undefined) throw new SyntaxError("the answer holds no identity");
  const [UserId = "", Account = "", Arn = ""] = ["UserId", "Account", "Arn"]
    .map((name) => childText(result, name));
  return { UserId, Account, Arn };
}

function errorIn(answer: HttpResponse): Error {
  try {
    return readError(answer);
  } catch (error) {
    // Nothing that can be read, as from a proxy: its status still says whether to try again.
    return Object.assign(error as SyntaxError, metadataOf(answer));
  }
}

/**
 * An error of STS. In another form, as of a server that has only S3, it has no code, as it has none for
 * the SDK.
 */
function readError(answer: HttpResponse): RequestError {
  const unknown = answer.status === 404 ? "NotFound" : UNKNOWN;
  if (answer.text === "") return new RequestError(answer, unknown, "");
  const document = parseXml(answer.text);
  const error = childOf(document, "Error");
  const code = error === undefined ? undefined : childText(error, "Code");
  const message = childText(error ?? document, "Message");
  return new RequestError(answer, code ?? unknown, message ?? "");
}

function childOf({ children }: XmlElement, name: string): XmlElement | undefined {
  return children.find((child) => child.name === name);
}
