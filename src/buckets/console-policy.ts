/**
 * What the console's own account at MinIO needs, and no more: it neither reads the server's settings
 * nor restarts it. It makes accounts and policies, so whoever has it has all buckets: that much it must.
 */
export const consolePolicy = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Action: [
        "admin:AddUserToGroup",
        "admin:AttachUserOrGroupPolicy",
        "admin:CreatePolicy",
        "admin:CreateUser",
        "admin:DeletePolicy",
        "admin:DeleteUser",
        "admin:DisableUser",
        "admin:EnableUser",
        "admin:GetBucketQuota",
        "admin:GetGroup",
        "admin:GetPolicy",
        "admin:GetUser",
        "admin:ServerInfo",
        "admin:SetBucketQuota",
      ],
    },
    {
      Effect: "Allow",
      Action: [
        "s3:CreateBucket",
        "s3:DeleteBucket",
        "s3:DeleteBucketPolicy",
        "s3:ForceDeleteBucket",
        "s3:GetBucketLocation",
        "s3:GetBucketPolicy",
        "s3:GetBucketTagging",
        "s3:GetLifecycleConfiguration",
        "s3:ListAllMyBuckets",
        "s3:ListBucket",
        "s3:ListBucketVersions",
        "s3:PutBucketPolicy",
        "s3:PutBucketTagging",
        "s3:PutLifecycleConfiguration",
      ],
      Resource: ["arn:aws:s3:::*"],
    },
  ],
};
