/**
 * Every action of S3 by the kind of resource that it is about, see
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */
const ACTIONS = {
  object: `
    AbortMultipartUpload BypassGovernanceRetention DeleteObject DeleteObjectAnnotation
    DeleteObjectTagging DeleteObjectVersion DeleteObjectVersionAnnotation
    DeleteObjectVersionTagging GetObject GetObjectAcl GetObjectAnnotation
    GetObjectAttributes GetObjectLegalHold GetObjectRetention GetObjectTagging
    GetObjectTorrent GetObjectVersion GetObjectVersionAcl GetObjectVersionAnnotation
    GetObjectVersionAnnotationForReplication GetObjectVersionAttributes
    GetObjectVersionForReplication GetObjectVersionTagging GetObjectVersionTorrent
    InitiateReplication ListMultipartUploadParts ListObjectAnnotations
    ListObjectVersionAnnotations ObjectOwnerOverrideToBucketOwner PutObject PutObjectAcl
    PutObjectAnnotation PutObjectLegalHold PutObjectRetention PutObjectTagging
    PutObjectVersionAcl PutObjectVersionAnnotation PutObjectVersionTagging ReplicateDelete
    ReplicateObject ReplicateObjectAnnotation ReplicateTags RestoreObject
    UpdateObjectEncryption
  `,
  bucket: `
    AllowVendedLogDeliveryForResource CreateBucket CreateBucketMetadataTableConfiguration
    DeleteBucket DeleteBucketMetadataTableConfiguration DeleteBucketPolicy
    DeleteBucketWebsite GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAbac
    GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging
    GetBucketMetadataTableConfiguration GetBucketNotification
    GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy
    GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketRequestPayment
    GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration
    GetIntelligentTieringConfiguration GetInventoryConfiguration GetLifecycleConfiguration
    GetMetricsConfiguration GetReplicationConfiguration ListBucket
    ListBucketMultipartUploads ListBucketVersions ListTagsForResource PauseReplication
    PutAccelerateConfiguration PutAnalyticsConfiguration PutBucketAbac PutBucketAcl
    PutBucketCORS PutBucketLogging PutBucketNotification PutBucketObjectLockConfiguration
    PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock
    PutBucketRequestPayment PutBucketTagging PutBucketVersioning PutBucketWebsite
    PutEncryptionConfiguration PutIntelligentTieringConfiguration PutInventoryConfiguration
    PutLifecycleConfiguration PutMetricsConfiguration PutReplicationConfiguration
    TagResource UntagResource UpdateBucketMetadataAnnotationTableConfiguration
    UpdateBucketMetadataInventoryTableConfiguration
    UpdateBucketMetadataJournalTableConfiguration
  `,
  accessgrantsinstance: `
    AssociateAccessGrantsIdentityCenter CreateAccessGrantsInstance
    DeleteAccessGrantsInstance DeleteAccessGrantsInstanceResourcePolicy
    DissociateAccessGrantsIdentityCenter GetAccessGrantsInstance
    GetAccessGrantsInstanceForPrefix GetAccessGrantsInstanceResourcePolicy GetDataAccess
    ListAccessGrants ListAccessGrantsLocations ListCallerAccessGrants
    PutAccessGrantsInstanceResourcePolicy
  `,
  accessgrant: `
    CreateAccessGrant DeleteAccessGrant GetAccessGrant
  `,
  accessgrantslocation: `
    CreateAccessGrantsLocation DeleteAccessGrantsLocation GetAccessGrantsLocation
    UpdateAccessGrantsLocation
  `,
  accesspoint: `
    CreateAccessPoint DeleteAccessPoint DeleteAccessPointPolicy GetAccessPointPolicy
    GetAccessPointPolicyStatus PutAccessPointPolicy
  `,
  objectlambdaaccesspoint: `
    CreateAccessPointForObjectLambda DeleteAccessPointForObjectLambda
    DeleteAccessPointPolicyForObjectLambda GetAccessPointConfigurationForObjectLambda
    GetAccessPointForObjectLambda GetAccessPointPolicyForObjectLambda
    GetAccessPointPolicyStatusForObjectLambda PutAccessPointConfigurationForObjectLambda
    PutAccessPointPolicyForObjectLambda
  `,
  account: `
    CreateJob CreateStorageLensGroup GetAccessPoint GetAccountPublicAccessBlock
    ListAccessGrantsInstances ListAccessPoints ListAccessPointsForObjectLambda
    ListAllMyBuckets ListJobs ListMultiRegionAccessPoints ListStorageLensConfigurations
    ListStorageLensGroups PutAccessPointPublicAccessBlock PutAccountPublicAccessBlock
    PutStorageLensConfiguration
  `,
  multiregionaccesspoint: `
    CreateMultiRegionAccessPoint DeleteMultiRegionAccessPoint GetMultiRegionAccessPoint
    GetMultiRegionAccessPointPolicy GetMultiRegionAccessPointPolicyStatus
    GetMultiRegionAccessPointRoutes PutMultiRegionAccessPointPolicy
    SubmitMultiRegionAccessPointRoutes
  `,
  job: `
    DeleteJobTagging DescribeJob GetJobTagging PutJobTagging UpdateJobPriority
    UpdateJobStatus
  `,
  storagelensconfiguration: `
    DeleteStorageLensConfiguration DeleteStorageLensConfigurationTagging
    GetStorageLensConfiguration GetStorageLensConfigurationTagging GetStorageLensDashboard
    PutStorageLensConfigurationTagging
  `,
  storagelensgroup: `
    DeleteStorageLensGroup GetStorageLensGroup UpdateStorageLensGroup
  `,
  multiregionaccesspointrequestarn: `
    DescribeMultiRegionAccessPointOperation
  `,
};

const ACCOUNT = "arn:aws:s3:us-east-1:123456789012";

/** ARNs to try each kind of action on. */
const RESOURCES: Record<keyof typeof ACTIONS, readonly string[]> = {
  object: [
    "arn:aws:s3:::team-data/reports/january.txt",
    "arn:aws:s3:::team-data/reports/",
    "arn:aws:s3:::team-data/reports",
    "arn:aws:s3:::team-data/reports-old/january.txt",
    "arn:aws:s3:::team-data/secret.txt",
    "arn:aws:s3:::team-data-archive/reports/january.txt",
  ],
  bucket: ["arn:aws:s3:::team-data", "arn:aws:s3:::team-data-archive"],
  account: ["*"],
  accesspoint: [`${ACCOUNT}:accesspoint/team-data`],
  accessgrant: [`${ACCOUNT}:access-grants/default/grant/team-data`],
  accessgrantsinstance: [`${ACCOUNT}:access-grants/default`],
  accessgrantslocation: [`${ACCOUNT}:access-grants/default/location/team-data`],
  objectlambdaaccesspoint: [
    "arn:aws:s3-object-lambda:us-east-1:123456789012:accesspoint/team-data",
  ],
  multiregionaccesspoint: ["arn:aws:s3::123456789012:accesspoint/team-data"],
  multiregionaccesspointrequestarn: [
    "arn:aws:s3:us-west-2:123456789012:async-request/mrap/create/team-data",
  ],
  job: [`${ACCOUNT}:job/team-data`],
  storagelensconfiguration: [`${ACCOUNT}:storage-lens/team-data`],
  storagelensgroup: [`${ACCOUNT}:storage-lens-group/team-data`],
};

/** An action, what it is done to, and the prefix that a listing asks for. */
export interface Request {
  action: string;
  resource: string;
  prefix?: string;
}

const LISTED_PREFIXES = ["", "rep", "reports", "reports/", "reports/2026/", "reports-old/"];

/** All actions on all resources of their kind; listings without and with a prefix. */
export const REQUESTS: Request[] = Object.entries(ACTIONS).flatMap(([kind, names]) =>
  names.trim().split(/\s+/).flatMap((name) =>
    RESOURCES[kind as keyof typeof ACTIONS].flatMap((resource) => {
      const request = { action: `s3:${name}`, resource };
      if (!/^ListBucket(Versions)?$/.test(name)) return [request];
      return [request, ...LISTED_PREFIXES.map((prefix) => ({ ...request, prefix }))];
    })
  )
);
