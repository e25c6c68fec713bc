"""Two hundred fully configured buckets: our collection against the fastest plain boto3 loop with as many threads.

The account is moto's server in a process of its own. The loop asks, of each bucket, the very operations that our
collection was seen to ask; the two take turns, and the best of each counts.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

REGION = "eu-west-1"
BUCKETS, THREADS, TURNS = 200, 8, 3
_SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


@contextmanager
def account() -> Iterator[str]:
    """A moto server's address, while it runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        give_up = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{url}/moto-api/").close()
                break
            except OSError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.2)
        yield url
    finally:
        server.terminate()
        server.wait()


def configure(s3: Any) -> None:
    """Make the buckets, each with everything that a rule reads."""
    s3.create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": REGION})

    def one(number: int) -> None:
        name = f"bucket-{number}"
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(_SETTINGS, True))
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "team", "Value": "a"}]})
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": []}))
        s3.put_bucket_ownership_controls(
            Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        )
        expiry = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 400}}
        s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [expiry]})

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(one, range(BUCKETS)))


def plain(s3: Any, operations: list[str]) -> None:
    """The loop that somebody would write who needs the answers and nothing else."""

    def one(name: str) -> None:
        for operation in operations:
            try:
                getattr(s3, operation)(Bucket=name)
            except ClientError:
                # Absent, as some settings are.
                continue

    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(one, names))


def main(row: Callable[..., None]) -> None:
    from soc2gate.live.aws import AwsRequest, collect_aws

    os.environ |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    with account() as url:
        config = Config(s3={"addressing_style": "path"}, max_pool_connections=THREADS)
        s3 = boto3.client("s3", region_name=REGION, endpoint_url=url, config=config)
        configure(s3)
        asked = AwsRequest(
            ("AWS::S3::Bucket",), lambda: "2026-01-01T00:00:00Z", regions=(REGION,), endpoint_url=url, threads=THREADS
        )
        calls = [call for part in collect_aws(asked).parts for call in part.calls]
        of_each = [call.call for call in calls if call.made > BUCKETS]
        operations = [_method(call) for call in of_each]
        works: tuple[Callable[[], object], ...] = (lambda: plain(s3, operations), lambda: collect_aws(asked))
        best = [float("inf"), float("inf")]
        for _ in range(TURNS):
            for number, work in enumerate(works):
                began = time.perf_counter()
                work()
                best[number] = min(best[number], time.perf_counter() - began)
    row(
        f"{BUCKETS} buckets, {len(operations)} settings each",
        f"{best[0]:.1f} s",
        f"{best[1]:.1f} s",
        f"{best[1] / best[0]:.2f}×",
    )


def _method(call: str) -> str:
    """`s3:GetBucketAcl` as boto3's client calls it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", call.partition(":")[2]).lower()
