"""S3 buckets and their policies.

A bucket is told in many resources (`aws_s3_bucket_versioning`, a policy of its own) and by many calls; here it is one.
Its policy hangs on it as `related.Policy`, and stands for itself as an `AWS::S3::BucketPolicy` as well.
"""

from __future__ import annotations

from collections.abc import Sequence

from soc2gate.facts import replace
from soc2gate.kinds.aws.s3_terraform import BUCKET, COMPANIONS, build_bucket, canned_grants
from soc2gate.kinds.convert import one_of, policy_document, unknown_like
from soc2gate.kinds.describe import Call, Companion, Default, Kind, Link, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Block, Draft, Piece
from soc2gate.model.resource import Resource, Side, Where
from soc2gate.model.value import Alternatives, Unknown, Value

POLICY = "AWS::S3::BucketPolicy"

# New objects are encrypted with S3's own keys since January 2023, and the provider leaves a bucket's setting alone when
# code does not write it (https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html).
#
# Nothing of the kind stands here for the public access block, though AWS switches it on for buckets created since April
# 2023: code that does not write it promises nothing about the bucket. It may be older, and whoever removes the block by
# hand is not contradicted by any apply.
_DEFAULTS = (
    Default(
        "BucketEncryption",
        {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]},
        "S3 encrypts with its own keys (AES256) when nothing else is written",
        kept=False,
    ),
    Default("Grants", [], "a new bucket grants nothing to anyone but its owner", kept=False),
)


def _build_cloudformation(draft: Draft) -> None:
    acl = draft.get("AccessControl")
    if acl is not None:
        draft.set("Grants", draft.made(canned_grants(acl), "AccessControl"))
    if draft.get("BucketName") is None:
        draft.set("BucketName", draft.ref("Ref"))


def _log_target(bucket: Resource) -> Value:
    """The bucket that another one's access log goes to."""
    logging = bucket.properties.get("LoggingConfiguration")
    if isinstance(logging, dict):
        return logging.get("DestinationBucketName")
    if isinstance(logging, Alternatives):
        options = (
            option.get("DestinationBucketName") if isinstance(option, dict) else None for option in logging.options
        )
        return one_of(options, logging.reason)
    return None if logging is None else unknown_like(logging)


def _bucket_policies(bucket: Resource) -> Sequence[Resource]:
    """The policy that a bucket's own block writes, as the resource that a separate one would be."""
    if bucket.side is Side.LIVE or bucket.partial or "related.Policy" in bucket.members.values():
        return ()
    policy = bucket.related.get("Policy")
    if policy is None:
        return ()
    uncertain = bucket.uncertain
    if isinstance(policy, (Unknown, Alternatives)):
        uncertain = uncertain or policy.reason
        if isinstance(policy, Unknown) and not any(path.startswith("related.Policy") for path in bucket.places):
            return ()  # part of the root was not read: there may be no policy at all
    places: dict[str, Where] = {
        "PolicyDocument" + path.removeprefix("related.Policy"): where
        for path, where in bucket.places.items()
        if path.startswith("related.Policy")
    }
    name = bucket.properties.get("BucketName")
    return (
        replace(
            bucket,
            kind=POLICY,
            properties={"Bucket": name, "PolicyDocument": policy},
            places=places,
            identity={**bucket.identity, "name": name},
            related={},
            defaults={},
            initial={},
            notes={},
            uncertain=uncertain,
            derived_from=BUCKET,
            members={},
            tags={},
        ),
    )


def _call(operation: str, action: str, into: str, result: str = "", absent: str = "") -> Call:
    return Call(
        service="s3",
        operation=operation,
        action=f"s3:{action}",
        parameters={"Bucket": "{Name}"},
        result=result,
        absent_on=(absent,) if absent else (),
        into=into,
    )


_LIST = Call("s3", "list_buckets", "s3:ListAllMyBuckets", result="Buckets")
_LOCATION = _call("get_bucket_location", "GetBucketLocation", "")
_POLICY = _call("get_bucket_policy", "GetBucketPolicy", "related.Policy", "Policy", "NoSuchBucketPolicy")

_DETAILS = (
    _LOCATION,
    _call(
        "get_bucket_encryption",
        "GetEncryptionConfiguration",
        "BucketEncryption",
        "ServerSideEncryptionConfiguration",
        "ServerSideEncryptionConfigurationNotFoundError",
    ),
    _call("get_bucket_versioning", "GetBucketVersioning", "VersioningConfiguration"),
    _call("get_bucket_logging", "GetBucketLogging", "LoggingConfiguration", "LoggingEnabled"),
    _call(
        "get_public_access_block",
        "GetBucketPublicAccessBlock",
        "PublicAccessBlockConfiguration",
        "PublicAccessBlockConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
    ),
    _POLICY,
    _call("get_bucket_acl", "GetBucketAcl", "Grants"),
    _call(
        "get_bucket_ownership_controls",
        "GetBucketOwnershipControls",
        "OwnershipControls",
        "OwnershipControls",
        "OwnershipControlsNotFoundError",
    ),
    _call(
        "get_bucket_lifecycle_configuration",
        "GetLifecycleConfiguration",
        "LifecycleConfiguration",
        "Rules",
        "NoSuchLifecycleConfiguration",
    ),
    _call(
        "get_object_lock_configuration",
        "GetBucketObjectLockConfiguration",
        "ObjectLockConfiguration,ObjectLockEnabled",
        "ObjectLockConfiguration",
        "ObjectLockConfigurationNotFoundError",
    ),
    _call("get_bucket_website", "GetBucketWebsite", "WebsiteConfiguration", absent="NoSuchWebsiteConfiguration"),
    _call("get_bucket_tagging", "GetBucketTagging", "Tags", "TagSet", "NoSuchTagSet"),
)


def _region(live: LiveItem) -> Value:
    if "get_bucket_location" in live.failures:
        return Unknown(live.failures["get_bucket_location"])
    answer = live.answers.get("get_bucket_location")
    told = answer.get("LocationConstraint") if isinstance(answer, dict) else None
    # The two places whose constraint is not the region's name.
    return {None: "us-east-1", "EU": "eu-west-1"}.get(told, told) if told is None or isinstance(told, str) else None


def _identify(live: LiveItem, attribute: str) -> str:
    name = str(live.item["Name"])
    live.draft.set(attribute, live.draft.at("Name"))
    live.draft.identity |= {"name": name, "region": _region(live)}
    return name


def _build_live(live: LiveItem) -> None:
    draft = live.draft
    name = _identify(live, "BucketName")
    arn = f"arn:{live.partition}:s3:::{name}"
    draft.identity["arn"] = arn
    draft.set("Arn", arn)
    draft.set("BucketEncryption", _encryption(draft))
    draft.set("VersioningConfiguration", _versioning(draft))
    draft.set("LoggingConfiguration", draft.one("get_bucket_logging", _logging))
    draft.copy("get_public_access_block", "PublicAccessBlockConfiguration")
    draft.set("related.Policy", draft.convert("get_bucket_policy", policy_document))
    draft.set("Grants", _grants(draft, live))
    draft.copy("get_bucket_ownership_controls", "OwnershipControls")
    rules = draft.each("get_bucket_lifecycle_configuration", _lifecycle_rule)
    draft.set("LifecycleConfiguration", None if rules is None else {"Rules": rules})
    draft.copy("get_object_lock_configuration", "ObjectLockConfiguration")
    if "get_object_lock_configuration" in live.answers:
        lock = draft.get("get_object_lock_configuration.ObjectLockEnabled") == "Enabled"
        draft.set("ObjectLockEnabled", lock, written_at="get_object_lock_configuration")
    draft.set("WebsiteConfiguration", draft.one("get_bucket_website", _website))
    draft.copy("get_bucket_tagging", "Tags")


def _encryption(draft: Draft) -> Piece:
    rules = draft.each(
        "get_bucket_encryption.Rules",
        lambda rule: {
            "ServerSideEncryptionByDefault": rule.one(
                "ApplyServerSideEncryptionByDefault",
                lambda by: {"SSEAlgorithm": by.at("SSEAlgorithm"), "KMSMasterKeyID": by.at("KMSMasterKeyID")},
            ),
            "BucketKeyEnabled": rule.at("BucketKeyEnabled"),
            "BlockedEncryptionTypes": rule.at("BlockedEncryptionTypes"),
        },
    )
    return None if rules is None else {"ServerSideEncryptionConfiguration": rules}


def _versioning(draft: Draft) -> Piece:
    status = draft.at("get_bucket_versioning.Status")
    return None if status is None else {"Status": status}


def _logging(to: Block) -> Piece:
    return {
        "DestinationBucketName": to.at("TargetBucket"),
        "LogFilePrefix": to.at("TargetPrefix"),
        "TargetObjectKeyFormat": to.at("TargetObjectKeyFormat"),
    }


def _grants(draft: Draft, live: LiveItem) -> Piece:
    """Grants to anyone but the owner, who always has full control."""
    answer = live.answers.get("get_bucket_acl")
    if not isinstance(answer, dict):
        return None
    owner = answer.get("Owner")
    owner_id = owner.get("ID") if isinstance(owner, dict) else None
    return draft.each(
        "get_bucket_acl.Grants",
        lambda grant: (
            None
            if owner_id is not None and grant.get("Grantee.ID") == owner_id
            else {
                "GranteeType": grant.at("Grantee.Type"),
                "GranteeId": grant.at("Grantee.ID"),
                "GranteeURI": grant.at("Grantee.URI"),
                "Permission": grant.at("Permission"),
            }
        ),
    )


def _website(site: Block) -> Piece:
    return {
        "IndexDocument": site.at("IndexDocument.Suffix"),
        "ErrorDocument": site.at("ErrorDocument.Key"),
        "RedirectAllRequestsTo": site.at("RedirectAllRequestsTo"),
        "RoutingRules": site.each(
            "RoutingRules",
            lambda rule: {"RoutingRuleCondition": rule.at("Condition"), "RedirectRule": rule.at("Redirect")},
        ),
    }


def _lifecycle_rule(rule: Block) -> Piece:
    # The filter is one of: a prefix, a tag, a size, or several of them under `And`.
    tag = rule.at("Filter.Tag")
    return {
        "Id": rule.at("ID"),
        "Status": rule.at("Status"),
        "Prefix": rule.at("Filter.Prefix") or rule.at("Filter.And.Prefix") or rule.at("Prefix"),
        "TagFilters": [tag] if tag is not None else rule.at("Filter.And.Tags"),
        "ObjectSizeGreaterThan": rule.at("Filter.ObjectSizeGreaterThan") or rule.at("Filter.And.ObjectSizeGreaterThan"),
        "ObjectSizeLessThan": rule.at("Filter.ObjectSizeLessThan") or rule.at("Filter.And.ObjectSizeLessThan"),
        "ExpirationInDays": rule.at("Expiration.Days"),
        "ExpirationDate": rule.at("Expiration.Date"),
        "ExpiredObjectDeleteMarker": rule.at("Expiration.ExpiredObjectDeleteMarker"),
        "Transitions": rule.each(
            "Transitions",
            lambda step: {
                "TransitionInDays": step.at("Days"),
                "TransitionDate": step.at("Date"),
                "StorageClass": step.at("StorageClass"),
            },
        ),
        "NoncurrentVersionExpiration": rule.at("NoncurrentVersionExpiration"),
        "NoncurrentVersionTransitions": rule.each(
            "NoncurrentVersionTransitions",
            lambda step: {
                "TransitionInDays": step.at("NoncurrentDays"),
                "StorageClass": step.at("StorageClass"),
                "NewerNoncurrentVersions": step.at("NewerNoncurrentVersions"),
            },
        ),
        "AbortIncompleteMultipartUpload": rule.at("AbortIncompleteMultipartUpload"),
    }


def _build_live_policy(live: LiveItem) -> None:
    draft = live.draft
    name = _identify(live, "Bucket")
    draft.identity["parent"] = f"arn:{live.partition}:s3:::{name}"
    draft.identity["id"] = f"{name}/policy"
    if "get_bucket_policy" in live.failures:
        draft.uncertain = live.failures["get_bucket_policy"]
        return
    draft.set("PolicyDocument", draft.convert("get_bucket_policy", policy_document))
    draft.exists = live.answers.get("get_bucket_policy") is not None


def _build_terraform_policy(draft: Draft) -> None:
    draft.copy("bucket", "Bucket")
    draft.set("PolicyDocument", draft.convert("policy", policy_document))


def _build_cloudformation_policy(draft: Draft) -> None:
    # The registry takes the document as an object or as JSON text.
    draft.set("PolicyDocument", draft.convert("PolicyDocument", policy_document))


KINDS: tuple[Kind, ...] = (
    Kind(
        name=BUCKET,
        title="S3 bucket",
        terraform=(
            Spelling(
                "aws_s3_bucket",
                build=build_bucket,
                defaults=_DEFAULTS,
                exports={"id": "name", "bucket": "name", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(
            BUCKET, build=_build_cloudformation, defaults=_DEFAULTS, exports={"Ref": "name", "Arn": "arn"}
        ),
        companions=(
            *COMPANIONS,
            Companion(
                POLICY,
                BUCKET,
                target="Bucket",
                into="related.Policy",
                build=lambda draft: draft.convert("PolicyDocument", policy_document),
            ),
        ),
        live=LiveSpelling(_LIST, _DETAILS, _build_live, scope="global", tells=("BucketName",)),
        names=("BucketName",),
        links={"LogSources": Link(BUCKET, reads=_log_target)},
        # What a canned ACL comes to is compared as grants.
        ignored=("AccessControl",),
        derives=_bucket_policies,
    ),
    Kind(
        name=POLICY,
        title="bucket policy",
        terraform=(Spelling("aws_s3_bucket_policy", build=_build_terraform_policy),),
        cloudformation=Spelling(POLICY, build=_build_cloudformation_policy),
        live=LiveSpelling(
            _LIST,
            # The answers are the bucket's own: a call is made once, whichever kinds ask for it.
            (_LOCATION, replace(_POLICY, into="PolicyDocument")),
            _build_live_policy,
            scope="global",
            tells=("Bucket",),
        ),
        names=("Bucket",),
        part_of=BUCKET,
        missed=True,
    ),
)
