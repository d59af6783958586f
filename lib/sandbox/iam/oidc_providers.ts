/**
 * IAM's operations on providers of OpenID Connect.
 *
 * @module
 */
import { issuerName, type OidcProvider } from "./oidc_provider.ts";
import { ServiceError } from "../operation.ts";
import {
  checkLength,
  constraintError,
  fields,
  members,
  required,
  validationError,
} from "../query.ts";
import type { XmlContent } from "../xml.ts";
import {
  alreadyExists,
  type IamCall,
  type IamOperation,
  type IamOperations,
  limitExceeded,
  mergeTags,
  pageOfTags,
  refuse,
  tagContext,
  taggingOperations,
  tagMembers,
  tagsOf,
} from "./call.ts";

const MAX_PROVIDERS = 100;
const MAX_CLIENT_IDS = 100;
const MAX_THUMBPRINTS = 5;
/** AWS takes `https` without a port. Here a provider may also be a server on this machine, for tests. */
const PROVIDER_URL =
  /^(?:https:\/\/[^/?#:@\s]+|http:\/\/(?:127\.0\.0\.1|localhost)(?::\d+)?)(?:\/[^?#\s]*)?$/;

/** The operations of this module. */
export const oidcProviderOperations: IamOperations = {
  CreateOpenIDConnectProvider: {
    permissions: (call) => {
      const resource = newArn(call);
      const tags = tagsOf(call, "OpenIDConnectProvider");
      const context = tagContext(tags);
      return [
        { action: "iam:CreateOpenIDConnectProvider", resource, context },
        ...(tags.length > 0 ? [{ action: "iam:TagOpenIDConnectProvider", resource, context }] : []),
      ];
    },
    run: (call) => {
      const { account } = call;
      const provider = newProvider(call);
      if (account.oidcProviders.has(provider.arn)) {
        throw alreadyExists(`Provider with url ${provider.url} already exists.`);
      }
      if (account.oidcProviders.size >= MAX_PROVIDERS) {
        throw limitExceeded(
          `Cannot exceed quota for OpenIdConnectProvidersPerAccount: ${MAX_PROVIDERS}`,
        );
      }
      account.oidcProviders.set(provider.arn, provider);
      return [fields({ OpenIDConnectProviderArn: provider.arn }), tagList(provider)];
    },
  },

  GetOpenIDConnectProvider: onProvider("GetOpenIDConnectProvider", (provider) => [
    fields({ Url: issuerName(provider), CreateDate: provider.createDate }),
    members("ClientIDList", provider.clientIds),
    members("ThumbprintList", provider.thumbprints),
    tagMembers(provider.tags),
  ]),

  ListOpenIDConnectProviders: {
    permissions: () => [{ action: "iam:ListOpenIDConnectProviders", resource: "*" }],
    run: ({ account }) =>
      members(
        "OpenIDConnectProviderList",
        [...account.oidcProviders.keys()].sort().map((Arn) => fields({ Arn })),
      ),
  },

  // AWS's page says that a missing provider is no error; AWS itself returns one.
  DeleteOpenIDConnectProvider: {
    permissions: (call) => [{
      action: "iam:DeleteOpenIDConnectProvider",
      resource: arnOfCall(call),
    }],
    run: (call) => {
      const arn = arnOfCall(call);
      if (call.account.oidcProviders.delete(arn)) return undefined;
      const message = `OpenId connect Provider ${arn} cannot be found.`;
      throw new ServiceError(404, "NoSuchEntity", message);
    },
  },

  AddClientIDToOpenIDConnectProvider: onProvider(
    "AddClientIDToOpenIDConnectProvider",
    (provider, call) => {
      const clientId = clientIdOf(call);
      if (provider.clientIds.includes(clientId)) return undefined;
      checkClientIds([...provider.clientIds, clientId]);
      provider.clientIds.push(clientId);
      return undefined;
    },
  ),

  RemoveClientIDFromOpenIDConnectProvider: onProvider(
    "RemoveClientIDFromOpenIDConnectProvider",
    (provider, call) => {
      const clientId = clientIdOf(call);
      provider.clientIds = provider.clientIds.filter((candidate) => candidate !== clientId);
      return undefined;
    },
  ),

  UpdateOpenIDConnectProviderThumbprint: onProvider(
    "UpdateOpenIDConnectProviderThumbprint",
    (provider, call) => {
      const thumbprints = thumbprintsOf(call);
      if (thumbprints.length === 0) {
        throw constraintError("ThumbprintList", "not be null");
      }
      provider.thumbprints = thumbprints;
      return undefined;
    },
  ),

  ...taggingOperations("OpenIDConnectProvider", arnOfCall, providerOf),

  ListOpenIDConnectProviderTags: onProvider(
    "ListOpenIDConnectProviderTags",
    (provider, call) => pageOfTags(call, provider.tags),
  ),
};

/** An operation that needs one permission, on the provider that the call is about. */
function onProvider(
  action: string,
  run: (provider: OidcProvider, call: IamCall) => XmlContent,
): IamOperation {
  return {
    permissions: (call) => [{ action: `iam:${action}`, resource: arnOfCall(call) }],
    run: (call) => run(providerOf(call), call),
  };
}

function arnOfCall({ parameters }: IamCall): string {
  const arn = required(parameters, "OpenIDConnectProviderArn");
  checkLength("OpenIDConnectProviderArn", arn, 20, 2048);
  return arn;
}

function providerOf(call: IamCall): OidcProvider {
  const arn = arnOfCall(call);
  return call.account.oidcProviders.get(arn) ?? refuse(
    new ServiceError(404, "NoSuchEntity", `OpenIDConnect Provider not found for arn ${arn}`),
  );
}

function newProvider(call: IamCall): OidcProvider {
  const url = urlOf(call);
  const clientIds = [...new Set(call.parameters.list("ClientIDList"))];
  checkClientIds(clientIds);
  return {
    arn: newArn(call),
    url,
    createDate: call.account.clock.now(),
    clientIds,
    thumbprints: thumbprintsOf(call),
    tags: mergeTags([], tagsOf(call, "OpenIDConnectProvider"), "OpenIDConnectProvider"),
  };
}

function urlOf({ parameters }: IamCall): string {
  const url = required(parameters, "Url");
  checkLength("Url", url, 1, 255);
  if (PROVIDER_URL.test(url)) return url;
  throw validationError("Invalid Open ID Connect Provider URL");
}

function newArn(call: IamCall): string {
  const { partition, id } = call.account;
  return `arn:${partition}:iam::${id}:oidc-provider/${issuerName({ url: urlOf(call) })}`;
}

function clientIdOf({ parameters }: IamCall): string {
  const clientId = required(parameters, "ClientID");
  checkLength("ClientID", clientId, 1, 255);
  return clientId;
}

function checkClientIds(clientIds: string[]): void {
  for (const clientId of clientIds) checkLength("ClientIDList", clientId, 1, 255);
  if (clientIds.length <= MAX_CLIENT_IDS) return;
  throw limitExceeded(
    `Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: ${MAX_CLIENT_IDS}`,
  );
}

function thumbprintsOf({ parameters }: IamCall): string[] {
  const thumbprints = parameters.list("ThumbprintList");
  for (const thumbprint of thumbprints) checkLength("ThumbprintList", thumbprint, 40, 40);
  if (thumbprints.length <= MAX_THUMBPRINTS) return thumbprints;
  throw new ServiceError(
    400,
    "InvalidInput",
    `Thumbprint list must contain fewer than ${MAX_THUMBPRINTS} entries.`,
  );
}

function tagList({ tags }: OidcProvider): XmlContent {
  return tags.length > 0 ? tagMembers(tags) : undefined;
}
