/** Cases on public bucket policies and what blocks them. */
import {
  ACCOUNT_ARN,
  allow,
  BUCKET,
  BUCKET_ARN,
  type Clients,
  type Condition,
  deny,
  get,
  type Group,
  NOT_GRANTED,
  OBJECTS,
  PARTNER,
  READ,
  READ_LOGO,
  type Request,
  s3Guide,
  type Scene,
  type Statement,
  to,
  USER_ARN,
} from "./harness.ts";

const NO_READING = deny("s3:GetObject", OBJECTS);
const READ_FOR_ALL = to("*", READ);

/** A user of another account than the bucket's, under a policy that also has this for everyone. */
function shared(name: string, forEveryone: Condition | undefined): Scene & { name: string } {
  return {
    name,
    user: [READ],
    partnerOwned: true,
    open: true,
    restrictPublicBuckets: true,
    bucket: [
      to(ACCOUNT_ARN, READ),
      ...(forEveryone ? [to("*", allow("s3:GetObject", OBJECTS, forEveryone))] : []),
    ],
  };
}

/** A bucket policy that a user may set, where BlockPublicPolicy is on. */
const setting = (...Statement: Statement[]): Request => ({ s3 }) =>
  s3.putBucketPolicy({
    Bucket: BUCKET,
    Policy: JSON.stringify({ Version: "2012-10-17", Statement }),
  });

const MAY_SET = [allow("s3:PutBucketPolicy", BUCKET_ARN)];

/** Switches the bucket's ACLs on, and lets one of its objects be read by everyone. */
async function openLogo({ s3 }: Clients): Promise<string> {
  const Rules = [{ ObjectOwnership: "ObjectWriter" as const }];
  await s3.putBucketOwnershipControls({ Bucket: BUCKET, OwnershipControls: { Rules } });
  await s3.putObjectAcl({ Bucket: BUCKET, Key: "public/logo.png", ACL: "public-read" });
  return "";
}

const ACCESS_CONTROL_LISTS: Group = {
  rule: "An ACL grants besides the policies, and can't grant what a policy denies",
  page: s3Guide("acl-overview"),
  cases: [
    {
      name: "an object whose ACL lets everyone read",
      anonymous: true,
      open: true,
      prepare: openLogo,
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "another object of its bucket",
      anonymous: true,
      open: true,
      prepare: openLogo,
      request: get("secret.txt"),
      expect: "denied",
    },
    {
      name: "an object whose ACL lets everyone read, under a bucket policy that denies it",
      anonymous: true,
      open: true,
      prepare: openLogo,
      bucket: [to("*", NO_READING)],
      request: READ_LOGO,
      expect: "denied",
    },
  ],
};

const BLOCK_PUBLIC_ACCESS: Group = {
  rule: "A block of public access outweighs public bucket policies; public is what is not fixed",
  page: s3Guide("access-control-block-public-access"),
  cases: [
    {
      name: "RestrictPublicBuckets: an anonymous caller",
      anonymous: true,
      open: true,
      restrictPublicBuckets: true,
      bucket: [READ_FOR_ALL],
      request: READ_LOGO,
      expect: "denied",
    },
    {
      name: "RestrictPublicBuckets: a user of the bucket's account",
      open: true,
      restrictPublicBuckets: true,
      bucket: [READ_FOR_ALL],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      ...shared("RestrictPublicBuckets: another account, the policy is not public", undefined),
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      ...shared("RestrictPublicBuckets: another account, the policy is public besides", {}),
      request: READ_LOGO,
      expect: "denied",
    },
    {
      ...shared("RestrictPublicBuckets: everyone within a VPC is not public", {
        StringEquals: { "aws:SourceVpc": "vpc-91237329" },
      }),
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      ...shared("RestrictPublicBuckets: everyone within any VPC is public", {
        StringLike: { "aws:SourceVpc": "vpc-*" },
      }),
      request: READ_LOGO,
      expect: "denied",
    },
    {
      ...shared("RestrictPublicBuckets: everyone in a /8 range is not public", {
        IpAddress: { "aws:SourceIp": "11.0.0.0/8" },
      }),
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      ...shared("RestrictPublicBuckets: everyone in a /1 range is public", {
        IpAddress: { "aws:SourceIp": "0.0.0.0/1" },
      }),
      request: READ_LOGO,
      expect: "denied",
    },
    {
      ...shared("RestrictPublicBuckets: everyone for one owner is not public", {
        StringEquals: { "aws:SourceOwner": PARTNER },
      }),
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "BlockPublicPolicy: a policy for everyone",
      user: MAY_SET,
      request: setting(READ_FOR_ALL),
      expect: "denied",
    },
    {
      name: "BlockPublicPolicy: a policy for one user",
      user: MAY_SET,
      request: setting(to(USER_ARN, READ)),
      expect: "allowed",
    },
    {
      name: "BlockPublicPolicy: a policy for another account",
      user: MAY_SET,
      request: setting(to(`arn:aws:iam::${PARTNER}:root`, READ)),
      expect: "allowed",
    },
    {
      name: "BlockPublicPolicy: a deny for everyone",
      user: MAY_SET,
      request: setting(to("*", NO_READING)),
      expect: "allowed",
    },
    {
      name: "BlockPublicPolicy: everyone within a VPC",
      user: MAY_SET,
      request: setting(
        to(
          "*",
          allow("s3:GetObject", OBJECTS, { StringEquals: { "aws:SourceVpc": "vpc-91237329" } }),
        ),
      ),
      expect: "allowed",
    },
    {
      name: "BlockPublicPolicy: everyone, but for a value that varies with the caller",
      user: MAY_SET,
      request: setting(
        to(
          "*",
          allow("s3:GetObject", OBJECTS, { StringEquals: { "aws:SourceVpc": "${aws:userid}" } }),
        ),
      ),
      expect: "denied",
    },
    {
      name: "BlockPublicPolicy: everyone signed in by a public identity provider",
      user: MAY_SET,
      request: setting(to({ Federated: "graph.facebook.com" }, allow("s3:PutObject", OBJECTS))),
      expect: "denied",
    },
    {
      name: "BlockPublicPolicy: everyone signed in by an identity provider of one account",
      user: MAY_SET,
      request: setting(
        to({ Federated: `arn:aws:iam::${PARTNER}:saml-provider/Work` }, READ),
      ),
      expect: "allowed",
    },
    {
      name: "BlockPublicPolicy: everyone through any access point of one account",
      user: MAY_SET,
      request: setting(
        to(
          "*",
          allow("s3:GetObject", OBJECTS, {
            ArnLike: {
              "s3:DataAccessPointArn": "arn:aws:s3:us-west-2:123456789012:accesspoint/*",
            },
          }),
        ),
      ),
      expect: "allowed",
    },
    {
      name: "an anonymous caller belongs to the account `anonymous`",
      anonymous: true,
      open: true,
      bucket: [
        to(
          "*",
          allow("s3:GetObject", OBJECTS, { StringEquals: { "aws:PrincipalAccount": "anonymous" } }),
        ),
      ],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "BlockPublicPolicy: not public, but not allowed to set policies",
      request: setting(to(USER_ARN, READ)),
      expect: NOT_GRANTED,
    },
  ],
};

/** The cases of this file. */
export const PUBLIC_ACCESS: Group[] = [ACCESS_CONTROL_LISTS, BLOCK_PUBLIC_ACCESS];
