export interface SnippetInput {
  /** The storage, as members reach it. */
  readonly url: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** What the client is to call it. */
  readonly name: string;
}

/**
 * How the common clients are set up with a key, each to be pasted as it is. None of the values can end
 * a word of a shell: they are checked or drawn here.
 */
export function snippets({ url, region, accessKey, secretKey, name }: SnippetInput): {
  mc: string;
  aws: string;
  rclone: string;
} {
  return {
    mc: `mc alias set ${name} ${url} ${accessKey} ${secretKey}`,
    aws: [
      `aws configure set profile.${name}.aws_access_key_id ${accessKey}`,
      `aws configure set profile.${name}.aws_secret_access_key ${secretKey}`,
      `aws configure set profile.${name}.region ${region}`,
      `aws configure set profile.${name}.endpoint_url ${url}`,
    ].join("\n"),
    rclone: [
      `[${name}]`,
      "type = s3",
      "provider = Minio",
      `access_key_id = ${accessKey}`,
      `secret_access_key = ${secretKey}`,
      `region = ${region}`,
      `endpoint = ${url}`,
    ].join("\n"),
  };
}
