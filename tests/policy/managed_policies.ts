/** Policies as AWS's documentation has them, which `lint` must not take for wrong. */

/** By what they are for. */
export const AWS_MANAGED: Record<string, unknown> = {
  "own directory in a bucket": {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: ["s3:ListAllMyBuckets", "s3:GetBucketLocation"],
        Resource: "arn:aws:s3:::*",
      },
      {
        Effect: "Allow",
        Action: "s3:ListBucket",
        Resource: "arn:aws:s3:::amzn-s3-demo-bucket",
        Condition: { StringLike: { "s3:prefix": ["", "home/", "home/${aws:username}/"] } },
      },
      {
        Effect: "Allow",
        Action: "s3:*",
        Resource: [
          "arn:aws:s3:::amzn-s3-demo-bucket/home/${aws:username}",
          "arn:aws:s3:::amzn-s3-demo-bucket/home/${aws:username}/*",
        ],
      },
    ],
  },
  "a deny of plain HTTP": {
    Version: "2012-10-17",
    Statement: [{
      Sid: "BooleanExample",
      Action: "s3:*",
      Effect: "Deny",
      Resource: ["arn:aws:s3:::amzn-s3-demo-bucket", "arn:aws:s3:::amzn-s3-demo-bucket/*"],
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    }],
  },
  "own access keys, with MFA": {
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Action: ["iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:ListAccessKeys"],
      Resource: "arn:aws:iam::*:user/${aws:username}",
      Condition: { NumericLessThanEquals: { "aws:MultiFactorAuthAge": "3600" } },
    }],
  },
  "revoked sessions": {
    Version: "2012-10-17",
    Statement: [{
      Effect: "Deny",
      Action: ["*"],
      Resource: ["*"],
      Condition: { DateLessThan: { "aws:TokenIssueTime": "2026-05-01T23:47:00Z" } },
    }],
  },
  "a bucket for the logs of S3": {
    Version: "2012-10-17",
    Statement: [{
      Sid: "S3ServerAccessLogsPolicy",
      Effect: "Allow",
      Principal: { Service: "logging.s3.amazonaws.com" },
      Action: ["s3:PutObject"],
      Resource: "arn:aws:s3:::amzn-s3-demo-bucket/logs*",
      Condition: {
        ArnLike: { "aws:SourceArn": "arn:aws:s3:::source-bucket" },
        StringEquals: { "aws:SourceAccount": "123456789012" },
      },
    }],
  },
  "uploads with a grant to the owner": {
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::123456789012:user/Dave" },
      Action: "s3:PutObject",
      Resource: "arn:aws:s3:::amzn-s3-demo-bucket/*",
      Condition: { StringEquals: { "s3:x-amz-acl": "bucket-owner-full-control" } },
    }],
  },
  "trust in GitHub": {
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Principal: {
        Federated: "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
      },
      Action: "sts:AssumeRoleWithWebIdentity",
      Condition: {
        StringEquals: {
          "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
          "token.actions.githubusercontent.com:sub":
            "repo:GitHubOrg/GitHubRepo:ref:refs/heads/GitHubBranch",
        },
      },
    }],
  },
  "a key of a customer": {
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Action: ["kms:Decrypt", "kms:GenerateDataKey"],
      Resource: "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
      Condition: { StringEquals: { "kms:ViaService": "s3.us-west-2.amazonaws.com" } },
    }],
  },
  "a session of a directory bucket": {
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Action: "s3express:CreateSession",
      Resource: "arn:aws:s3express:us-west-2:123456789012:bucket/my-bucket--usw2-az1--x-s3",
      Condition: { StringEquals: { "s3express:SessionMode": "ReadOnly" } },
    }],
  },
};
