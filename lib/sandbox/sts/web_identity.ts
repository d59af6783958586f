/**
 * AssumeRoleWithWebIdentity.
 *
 * @module
 */
import { accountOfArn } from "../accounts.ts";
import { issuerName, type OidcProvider } from "../iam/oidc_provider.ts";
import type { Caller } from "../operation.ts";
import { checkLength, fields, refuseUnsupported, required } from "../query.ts";
import { roleArnOf, startSession, trustPolicyOf } from "./assume_role.ts";
import { withAttributes } from "./attributes.ts";
import { sessionNameOf, type StsCall, type StsOperations } from "./call.ts";
import type { WebIdentity } from "./session.ts";
import { checkTokenSignature } from "./token_signature.ts";
import {
  identityOf,
  invalidToken,
  issuerOf,
  readToken,
  type TokenIdentity,
  type WebToken,
} from "./web_token.ts";

/** For providers of OAuth 2.0, of which IAM knows two. */
const UNSUPPORTED = ["ProviderId"];

/** Anyone may send the call: a signature is ignored. */
const NOBODY: Caller = { type: "anonymous" };

/** The operations of this module. */
export const webIdentityOperations: StsOperations = {
  AssumeRoleWithWebIdentity: {
    permissions: (call) => {
      refuseUnsupported(call, UNSUPPORTED);
      const { provider, identity } = verifiedToken(call);
      const resource = roleArnOf(call);
      const permission = {
        action: "sts:AssumeRoleWithWebIdentity",
        resource,
        provider: provider.arn,
        context: {
          ...identity.context,
          "sts:RoleSessionName": sessionNameOf(call, "RoleSessionName", 64),
        },
        resourcePolicy: trustPolicyOf(resource, call.account),
      };
      return withAttributes(permission, identity.attributes, NOBODY);
    },
    check: (call, closing) => {
      const { token, provider } = tokenOf(call);
      return checkTokenSignature(token, provider, closing);
    },
    run: (call) => {
      const { provider, identity } = verifiedToken(call);
      const webIdentity = webIdentityOf(provider, identity);
      const { subject, audience, attributes } = identity;
      const session = startSession({ ...call, caller: NOBODY }, attributes, { webIdentity });
      return [
        session,
        fields({
          SubjectFromWebIdentityToken: subject,
          Audience: audience,
          Provider: provider.arn,
        }),
      ];
    },
  },
};

function tokenOf(call: StsCall): { token: WebToken; provider: OidcProvider } {
  const text = required(call.parameters, "WebIdentityToken");
  checkLength("WebIdentityToken", text, 4, 20_000);
  const token = readToken(text);
  const issuer = issuerOf(token);
  const account = accountOfArn(roleArnOf(call), call.account);
  const provider = [...account?.oidcProviders.values() ?? []].find(({ url }) => url === issuer);
  if (provider !== undefined) return { token, provider };
  throw invalidToken(`No OpenIDConnect provider found in your account for ${issuer}`);
}

function verifiedToken(call: StsCall): { provider: OidcProvider; identity: TokenIdentity } {
  const { token, provider } = tokenOf(call);
  return { provider, identity: identityOf(token, provider, call.account.clock.now()) };
}

/** The condition keys of the token that a session keeps. */
function webIdentityOf(provider: OidcProvider, { context }: TokenIdentity): WebIdentity {
  const kept = ["amr", "aud", "sub"].map((claim) => `${issuerName(provider)}:${claim}`);
  return {
    provider: provider.arn,
    context: Object.fromEntries(Object.entries(context).filter(([key]) => kept.includes(key))),
  };
}
