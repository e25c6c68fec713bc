"""S3 buckets as Terraform spells them: the old inline blocks, and the split `aws_s3_bucket_*` resources.

Both spellings of a part go through the same function where their blocks have the same shape. Attribute names are the
AWS provider's: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket
"""

from __future__ import annotations

from soc2gate.kinds.convert import choose, map_value, policy_document
from soc2gate.kinds.describe import Companion
from soc2gate.kinds.draft import Block, Draft, Piece
from soc2gate.kinds.targets import elements
from soc2gate.model.value import Text, Unknown, Value

BUCKET = "AWS::S3::Bucket"

_ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
_SIGNED_IN = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
_LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl: name in the registry, and what it
# grants to anyone but the bucket's owner. The two owner grants concern objects only; aws-exec-read is EC2's own.
_CANNED: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "private": ("Private", []),
    "public-read": ("PublicRead", [(_ALL_USERS, "READ")]),
    "public-read-write": ("PublicReadWrite", [(_ALL_USERS, "READ"), (_ALL_USERS, "WRITE")]),
    "authenticated-read": ("AuthenticatedRead", [(_SIGNED_IN, "READ")]),
    "aws-exec-read": ("AwsExecRead", []),
    "bucket-owner-read": ("BucketOwnerRead", []),
    "bucket-owner-full-control": ("BucketOwnerFullControl", []),
    "log-delivery-write": ("LogDeliveryWrite", [(_LOG_DELIVERY, "WRITE"), (_LOG_DELIVERY, "READ_ACP")]),
}


def canned_name(acl: Value) -> Value:
    """A canned ACL as the registry names it: `PublicRead` for `public-read`."""
    return map_value(acl, lambda name: _CANNED[name][0] if isinstance(name, str) and name in _CANNED else name)


def canned_grants(acl: Value) -> Value:
    """What a canned ACL, in either spelling, grants to anyone but the owner."""
    by_name = dict(_CANNED.values()) | {name: made[1] for name, made in _CANNED.items()}

    def convert(name: Value) -> Value:
        found = by_name.get(name) if isinstance(name, str) else None
        if found is None:
            return Unknown(f"{name} is no canned ACL")
        return [{"GranteeType": "Group", "GranteeURI": uri, "Permission": right} for uri, right in found]

    return map_value(acl, convert)


def build_bucket(draft: Draft) -> None:
    """`aws_s3_bucket` with its inline blocks, which providers before version 4 had and later ones still read."""
    if draft.get("bucket") is None:
        prefix = draft.get("bucket_prefix")
        draft.set("BucketName", draft.ref("bucket", prefix if isinstance(prefix, str) else ""))
    else:
        draft.copy("bucket", "BucketName")
    draft.copy("object_lock_enabled", "ObjectLockEnabled")
    draft.set("BucketEncryption", draft.one("server_side_encryption_configuration", encryption))
    draft.set("VersioningConfiguration", draft.one("versioning", _inline_versioning))
    draft.set("LoggingConfiguration", draft.one("logging", logging))
    draft.set("AccessControl", draft.convert("acl", canned_name))
    draft.set("Grants", draft.convert("acl", canned_grants))
    draft.set("Grants", draft.flat("grant", _inline_grants))
    draft.set("related.Policy", draft.convert("policy", policy_document))
    draft.set("AccelerateConfiguration", _wrapped("AccelerationStatus", draft.at("acceleration_status")))
    draft.set("ObjectLockConfiguration", draft.one("object_lock_configuration", object_lock))
    draft.set("CorsConfiguration", _wrapped("CorsRules", draft.each("cors_rule", cors_rule)))
    draft.set("WebsiteConfiguration", draft.one("website", _inline_website))
    draft.set("LifecycleConfiguration", _wrapped("Rules", draft.each("lifecycle_rule", _inline_lifecycle_rule)))


def _wrapped(name: str, piece: Piece) -> Piece:
    # `cors_rule = []` and no block at all are the same here: no configuration.
    return None if piece is None or piece == [] else {name: piece}


def encryption(block: Block) -> Piece:
    """`server_side_encryption_configuration`, inline or as a resource of its own."""
    return {"ServerSideEncryptionConfiguration": block.each("rule", _encryption_rule)}


def _encryption_rule(rule: Block) -> Piece:
    return {
        "ServerSideEncryptionByDefault": rule.one(
            "apply_server_side_encryption_by_default",
            lambda by: {"SSEAlgorithm": by.at("sse_algorithm"), "KMSMasterKeyID": by.at("kms_master_key_id")},
        ),
        "BucketKeyEnabled": rule.at("bucket_key_enabled"),
        "BlockedEncryptionTypes": _wrapped("EncryptionType", rule.at("blocked_encryption_types")),
    }


def _inline_versioning(block: Block) -> Piece:
    enabled = block.get("enabled")
    if enabled is None:
        return {"Status": block.made("Suspended", "enabled")}
    status = choose(enabled, {True: "Enabled", False: "Suspended", "true": "Enabled", "false": "Suspended"})
    return {"Status": block.made(status, "enabled")}


def versioning(draft: Draft) -> Piece:
    """`aws_s3_bucket_versioning`; `Disabled` there means that versioning was never asked for, which the API spells by
    saying nothing."""
    return draft.one("versioning_configuration", _versioning)


def _versioning(block: Block) -> Piece:
    if block.get("status") == "Disabled":
        return None
    return {"Status": block.convert("status", lambda v: map_value(v, _never_versioned))}


def _never_versioned(status: Value) -> Value:
    return None if status == "Disabled" else status


def logging(block: Block) -> Piece:
    """Where access logs go."""
    return {
        "DestinationBucketName": block.at("target_bucket"),
        "LogFilePrefix": block.at("target_prefix"),
        "TargetObjectKeyFormat": block.one(
            "target_object_key_format",
            lambda form: {
                "PartitionedPrefix": form.one(
                    "partitioned_prefix", lambda part: {"PartitionDateSource": part.at("partition_date_source")}
                ),
                "SimplePrefix": form.one("simple_prefix", lambda part: {}),
            },
        ),
    }


def _inline_grants(block: Block) -> list[Piece]:
    # One block grants several permissions to one grantee.
    grantee = {"GranteeType": block.at("type"), "GranteeId": block.at("id"), "GranteeURI": block.at("uri")}
    rights, _ = elements(block.get("permissions"))
    return [{**grantee, "Permission": block.made(right, f"permissions[{i}]")} for i, right in enumerate(rights)]


def public_access_block(draft: Draft) -> Piece:
    """The four switches; the provider sends false for the ones left out."""
    return {
        "BlockPublicAcls": draft.at("block_public_acls") or False,
        "BlockPublicPolicy": draft.at("block_public_policy") or False,
        "IgnorePublicAcls": draft.at("ignore_public_acls") or False,
        "RestrictPublicBuckets": draft.at("restrict_public_buckets") or False,
    }


def ownership(draft: Draft) -> Piece:
    """Who owns objects, and so whether ACLs count."""
    rules = draft.each("rule", lambda rule: {"ObjectOwnership": rule.at("object_ownership")})
    return _wrapped("Rules", rules)


def acl_grants(draft: Draft) -> Piece:
    """What `aws_s3_bucket_acl` grants to anyone but the owner, canned or one by one."""
    if draft.get("acl") is not None:
        return draft.convert("acl", canned_grants)
    return draft.one("access_control_policy", lambda policy: policy.each("grant", _acl_grant))


def _acl_grant(block: Block) -> Piece:
    return {
        "GranteeType": block.at("grantee.type"),
        "GranteeId": block.at("grantee.id"),
        "GranteeURI": block.at("grantee.uri"),
        "Permission": block.at("permission"),
    }


def object_lock(block: Block) -> Piece:
    """Whether and how long objects are kept from change."""
    return {
        "ObjectLockEnabled": block.at("object_lock_enabled") or "Enabled",
        "Rule": block.one(
            "rule",
            lambda rule: {
                "DefaultRetention": rule.one(
                    "default_retention",
                    lambda kept: {"Mode": kept.at("mode"), "Days": kept.at("days"), "Years": kept.at("years")},
                )
            },
        ),
    }


def cors_rule(block: Block) -> Piece:
    """One rule for requests from other origins."""
    return {
        "Id": block.at("id"),
        "AllowedHeaders": block.at("allowed_headers"),
        "AllowedMethods": block.at("allowed_methods"),
        "AllowedOrigins": block.at("allowed_origins"),
        "ExposedHeaders": block.at("expose_headers"),
        "MaxAge": block.at("max_age_seconds"),
    }


def _inline_website(block: Block) -> Piece:
    redirect = block.at("redirect_all_requests_to")
    return {
        "IndexDocument": block.at("index_document"),
        "ErrorDocument": block.at("error_document"),
        "RedirectAllRequestsTo": None if redirect is None else {"HostName": redirect},
        "RoutingRules": block.convert("routing_rules", policy_document),
    }


def website(draft: Draft) -> Piece:
    """`aws_s3_bucket_website_configuration`."""
    return {
        "IndexDocument": draft.at("index_document.suffix"),
        "ErrorDocument": draft.at("error_document.key"),
        "RedirectAllRequestsTo": draft.one(
            "redirect_all_requests_to", lambda to: {"HostName": to.at("host_name"), "Protocol": to.at("protocol")}
        ),
        "RoutingRules": draft.each("routing_rule", _routing_rule)
        if draft.get("routing_rules") is None
        else draft.convert("routing_rules", policy_document),
    }


def _routing_rule(block: Block) -> Piece:
    return {
        "RoutingRuleCondition": block.one(
            "condition",
            lambda when: {
                "HttpErrorCodeReturnedEquals": when.at("http_error_code_returned_equals"),
                "KeyPrefixEquals": when.at("key_prefix_equals"),
            },
        ),
        "RedirectRule": block.one(
            "redirect",
            lambda to: {
                "HostName": to.at("host_name"),
                "HttpRedirectCode": to.at("http_redirect_code"),
                "Protocol": to.at("protocol"),
                "ReplaceKeyPrefixWith": to.at("replace_key_prefix_with"),
                "ReplaceKeyWith": to.at("replace_key_with"),
            },
        ),
    }


def lifecycle(draft: Draft) -> Piece:
    """`aws_s3_bucket_lifecycle_configuration`."""
    return _wrapped("Rules", draft.each("rule", _lifecycle_rule))


def _lifecycle_rule(block: Block) -> Piece:
    # The filter is one of: a prefix, a tag, a size, or several of them under `and`.
    return {
        "Id": block.at("id"),
        "Status": block.at("status"),
        "Prefix": block.at("filter.prefix") or block.at("filter.and.prefix") or block.at("prefix"),
        "TagFilters": block.each("filter.tag", _tag_filter) or _tag_filters(block, "filter.and.tags"),
        "ObjectSizeGreaterThan": block.at("filter.object_size_greater_than")
        or block.at("filter.and.object_size_greater_than"),
        "ObjectSizeLessThan": block.at("filter.object_size_less_than") or block.at("filter.and.object_size_less_than"),
        "ExpirationInDays": block.at("expiration.days"),
        "ExpirationDate": block.at("expiration.date"),
        "ExpiredObjectDeleteMarker": block.at("expiration.expired_object_delete_marker"),
        "Transitions": block.each("transition", _transition),
        "NoncurrentVersionExpiration": block.one(
            "noncurrent_version_expiration",
            lambda end: {
                "NoncurrentDays": end.at("noncurrent_days"),
                "NewerNoncurrentVersions": end.at("newer_noncurrent_versions"),
            },
        ),
        "NoncurrentVersionTransitions": block.each(
            "noncurrent_version_transition",
            lambda step: {
                "TransitionInDays": step.at("noncurrent_days"),
                "StorageClass": step.at("storage_class"),
                "NewerNoncurrentVersions": step.at("newer_noncurrent_versions"),
            },
        ),
        "AbortIncompleteMultipartUpload": _abort(block.at("abort_incomplete_multipart_upload.days_after_initiation")),
    }


def _inline_lifecycle_rule(block: Block) -> Piece:
    status = choose(block.get("enabled"), {True: "Enabled", False: "Disabled", "true": "Enabled", "false": "Disabled"})
    return {
        "Id": block.at("id"),
        "Status": block.made(status, "enabled"),
        "Prefix": block.at("prefix"),
        "TagFilters": _tag_filters(block, "tags"),
        "ExpirationInDays": block.at("expiration.days"),
        "ExpirationDate": block.at("expiration.date"),
        "ExpiredObjectDeleteMarker": block.at("expiration.expired_object_delete_marker"),
        "Transitions": block.each("transition", _transition),
        "NoncurrentVersionExpiration": block.one(
            "noncurrent_version_expiration", lambda end: {"NoncurrentDays": end.at("days")}
        ),
        "NoncurrentVersionTransitions": block.each(
            "noncurrent_version_transition",
            lambda step: {"TransitionInDays": step.at("days"), "StorageClass": step.at("storage_class")},
        ),
        "AbortIncompleteMultipartUpload": _abort(block.at("abort_incomplete_multipart_upload_days")),
    }


def _abort(days: Piece) -> Piece:
    return None if days is None else {"DaysAfterInitiation": days}


def _transition(step: Block) -> Piece:
    return {
        "TransitionInDays": step.at("days"),
        "TransitionDate": step.at("date"),
        "StorageClass": step.at("storage_class"),
    }


def _tag_filter(tag: Block) -> Piece:
    return {"Key": tag.at("key"), "Value": tag.at("value")}


def _tag_filters(block: Block, path: str) -> Piece:
    def convert(tags: Value) -> Value:
        return [{"Key": key, "Value": tags[key]} for key in sorted(tags)] if isinstance(tags, dict) else None

    return block.convert(path, lambda tags: map_value(tags, convert))


def _companion(type_: str, into: str, build: str | None = None) -> Companion:
    builders = {
        "encryption": encryption,
        "versioning": versioning,
        "logging": logging,
        "public_access_block": public_access_block,
        "ownership": ownership,
        "acl": lambda draft: draft.convert("acl", canned_name),
        "grants": acl_grants,
        "policy": lambda draft: draft.convert("policy", policy_document),
        "lifecycle": lifecycle,
        "object_lock": object_lock,
        "website": website,
        "cors": lambda draft: _wrapped("CorsRules", draft.each("cors_rule", cors_rule)),
        "accelerate": lambda draft: _wrapped("AccelerationStatus", draft.at("status")),
    }
    name = build or type_
    return Companion(
        type=f"aws_s3_bucket_{type_}",
        kind=BUCKET,
        target="bucket",
        into=into,
        build=builders[name],
        id_is_target=True,
        when=_is_of_a_bucket,
    )


def _is_of_a_bucket(draft: Draft) -> bool:
    """Directory buckets are a kind of their own, without most of these settings, though they have policies too."""
    bucket = draft.get("bucket")
    if isinstance(bucket, Unknown):
        return bucket.ref is None or ".aws_s3_directory_bucket." not in f".{bucket.ref.address}"
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-bucket-naming-rules.html
    last = bucket.parts[-1] if isinstance(bucket, Text) else bucket
    return not (isinstance(last, str) and last.endswith("--x-s3"))


COMPANIONS: tuple[Companion, ...] = (
    _companion("server_side_encryption_configuration", "BucketEncryption", "encryption"),
    _companion("versioning", "VersioningConfiguration"),
    _companion("logging", "LoggingConfiguration"),
    _companion("public_access_block", "PublicAccessBlockConfiguration"),
    _companion("ownership_controls", "OwnershipControls", "ownership"),
    _companion("acl", "AccessControl"),
    _companion("acl", "Grants", "grants"),
    _companion("policy", "related.Policy"),
    _companion("lifecycle_configuration", "LifecycleConfiguration", "lifecycle"),
    _companion("object_lock_configuration", "ObjectLockConfiguration", "object_lock"),
    _companion("website_configuration", "WebsiteConfiguration", "website"),
    _companion("cors_configuration", "CorsConfiguration", "cors"),
    _companion("accelerate_configuration", "AccelerateConfiguration", "accelerate"),
)
