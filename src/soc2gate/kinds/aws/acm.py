"""Certificates of Certificate Manager. When they expire, and who uses them, only the live API tells."""

from __future__ import annotations

from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags
from soc2gate.kinds.describe import Call, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Draft
from soc2gate.model.value import Json

CERTIFICATE = "AWS::CertificateManager::Certificate"

# Without this the listing leaves out all but two of the kinds of keys
# (https://docs.aws.amazon.com/acm/latest/APIReference/API_Filters.html).
_EVERY_KEY: list[Json] = [
    "RSA_1024",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "EC_prime256v1",
    "EC_secp384r1",
    "EC_secp521r1",
]


def _terraform(draft: Draft) -> None:
    transparency = draft.at("options.certificate_transparency_logging_preference")
    draft.set("CertificateTransparencyLoggingPreference", transparency)


def _live(live: LiveItem) -> None:
    draft = live.draft
    draft.identity["arn"] = draft.get("CertificateArn")
    certificate = "describe_certificate"
    draft.copy("CertificateArn", "CertificateArn")
    if certificate in live.answers:
        names = ("DomainName", "Status", "NotAfter", "InUseBy", "Type", "RenewalEligibility", "CertificateAuthorityArn")
        copy_fields(draft, {name: f"{certificate}.{name}" for name in (*names, "SubjectAlternativeNames")})
    copy_tags(draft, "list_tags_for_certificate")


KINDS: tuple[Kind, ...] = (
    Kind(
        name=CERTIFICATE,
        title="certificate",
        terraform=(
            Spelling(
                "aws_acm_certificate",
                fields={
                    "domain_name": "DomainName",
                    "subject_alternative_names": "SubjectAlternativeNames",
                    "validation_method": "ValidationMethod",
                    "certificate_authority_arn": "CertificateAuthorityArn",
                    "key_algorithm": "KeyAlgorithm",
                },
                build=_terraform,
                exports={"id": "arn", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(CERTIFICATE, exports={"Ref": "arn", "CertificateArn": "arn"}),
        live=LiveSpelling(
            enumerate=Call(
                "acm",
                "list_certificates",
                "acm:ListCertificates",
                {"Includes": {"keyTypes": _EVERY_KEY}},
                result="CertificateSummaryList",
            ),
            details=(
                Call(
                    "acm",
                    "describe_certificate",
                    "acm:DescribeCertificate",
                    {"CertificateArn": "{CertificateArn}"},
                    result="Certificate",
                    into="DomainName,Status,NotAfter,InUseBy,Type,RenewalEligibility,SubjectAlternativeNames,"
                    "CertificateAuthorityArn",
                ),
                Call(
                    "acm",
                    "list_tags_for_certificate",
                    "acm:ListTagsForCertificate",
                    {"CertificateArn": "{CertificateArn}"},
                    result="Tags",
                    into="Tags",
                ),
            ),
            build=_live,
        ),
        names=("DomainName",),
        # The API lists the domain itself among the alternatives.
        ignored=("SubjectAlternativeNames",),
    ),
)
