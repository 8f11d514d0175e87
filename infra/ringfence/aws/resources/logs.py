"""Where logs go: the groups, the bucket, and the VPC's flow logs."""

import pulumi
import pulumi_aws as aws

from ringfence.aws.enforcement.log_model import DeliveryRole, LogBucket, Logs
from ringfence.aws.resources.documents import References, document_input


class LogStore(pulumi.ComponentResource):
    """The log groups and the flow log's bucket. They know nothing of the network, so they are there before it."""

    def __init__(self, name: str, logs: Logs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ringfence:logs:LogStore", name, None, opts)
        self.groups = {
            group.name: aws.cloudwatch.LogGroup(
                f"{name}-{group.name}",
                # Its path is what others know it by, and nothing but the path can replace it.
                name=group.path,
                retention_in_days=group.retention_days,
                tags=dict(group.tags),
                opts=pulumi.ResourceOptions(parent=self),
            )
            for group in logs.groups
        }
        self.group_arns: dict[str, pulumi.Output[str]] = {key: group.arn for key, group in self.groups.items()}
        self.bucket, self.bucket_ready = self._bucket(name, logs.bucket)
        self.register_outputs({"bucket": self.bucket.bucket})

    def _bucket(self, name: str, bucket: LogBucket) -> tuple[aws.s3.Bucket, list[pulumi.Resource]]:
        """The bucket, and what must be there before anything is written into it."""
        own = pulumi.ResourceOptions(parent=self)
        made = aws.s3.Bucket(
            f"{name}-{bucket.name}",
            force_destroy=not bucket.protected,
            tags=dict(bucket.tags),
            opts=pulumi.ResourceOptions(parent=self, protect=bucket.protected),
        )
        private = aws.s3.BucketPublicAccessBlock(
            f"{name}-{bucket.name}",
            bucket=made.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=own,
        )
        encrypted = aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-{bucket.name}",
            bucket=made.id,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=(
                        aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                            sse_algorithm="AES256"
                        )
                    )
                )
            ],
            opts=own,
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-{bucket.name}",
            bucket=made.id,
            rules=[
                aws.s3.BucketLifecycleConfigurationRuleArgs(
                    id="expire",
                    status="Enabled",
                    filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                    expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=bucket.retention_days),
                    abort_incomplete_multipart_upload=(
                        aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                            days_after_initiation=7
                        )
                    ),
                )
            ],
            opts=own,
        )
        policy = aws.s3.BucketPolicy(
            f"{name}-{bucket.name}",
            bucket=made.id,
            policy=document_input(bucket.policy, References(bucket_arn=made.arn)),
            # Two changes of one bucket at once conflict (OperationAborted), and privacy comes first.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[private]),
        )
        return made, [private, encrypted, policy]


class FlowLogs(pulumi.ComponentResource):
    """The VPC's flow logs: all to the bucket, refusals to CloudWatch."""

    def __init__(
        self,
        name: str,
        logs: Logs,
        store: LogStore,
        vpc_id: pulumi.Output[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ringfence:logs:FlowLogs", name, None, opts)
        role, permissions = self._role(name, logs.delivery_role, store)
        for log in logs.flow_logs:
            if log.log_group is None:
                aws.ec2.FlowLog(
                    f"{name}-{log.name}",
                    vpc_id=vpc_id,
                    traffic_type=log.traffic,
                    log_destination_type="s3",
                    log_destination=store.bucket.arn,
                    destination_options=aws.ec2.FlowLogDestinationOptionsArgs(
                        file_format="parquet", hive_compatible_partitions=True, per_hour_partition=True
                    ),
                    log_format=log.format,
                    max_aggregation_interval=log.aggregation_seconds,
                    tags=dict(log.tags),
                    opts=pulumi.ResourceOptions(parent=self, depends_on=store.bucket_ready),
                )
            else:
                aws.ec2.FlowLog(
                    f"{name}-{log.name}",
                    vpc_id=vpc_id,
                    traffic_type=log.traffic,
                    log_destination_type="cloud-watch-logs",
                    log_destination=store.group_arns[log.log_group],
                    iam_role_arn=role.arn,
                    log_format=log.format,
                    max_aggregation_interval=log.aggregation_seconds,
                    tags=dict(log.tags),
                    opts=pulumi.ResourceOptions(parent=self, depends_on=[permissions]),
                )
        self.register_outputs({})

    def _role(self, name: str, role: DeliveryRole, store: LogStore) -> tuple[aws.iam.Role, pulumi.Resource]:
        own = pulumi.ResourceOptions(parent=self)
        references = References(bucket_arn=store.bucket.arn, log_group_arns=store.group_arns)
        made = aws.iam.Role(
            f"{name}-{role.name}",
            assume_role_policy=document_input(role.trust, references),
            tags=dict(role.tags),
            opts=own,
        )
        permissions = aws.iam.RolePolicy(
            f"{name}-{role.name}",
            role=made.name,
            policy=document_input(role.permissions, references),
            opts=own,
        )
        return made, permissions
