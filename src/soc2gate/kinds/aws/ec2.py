"""EC2, in three rooms: what computes, what connects, and who may connect."""

from __future__ import annotations

from soc2gate.kinds.aws.ec2_acls import NETWORK_ACL, NETWORK_ACL_ENTRY
from soc2gate.kinds.aws.ec2_compute import INSTANCE, VOLUME
from soc2gate.kinds.aws.ec2_groups import SECURITY_GROUP
from soc2gate.kinds.aws.ec2_launch import LAUNCH_CONFIGURATION, LAUNCH_TEMPLATE
from soc2gate.kinds.aws.ec2_network import FLOW_LOG, SUBNET, VPC
from soc2gate.kinds.describe import Kind

KINDS: tuple[Kind, ...] = (
    VOLUME,
    INSTANCE,
    LAUNCH_TEMPLATE,
    LAUNCH_CONFIGURATION,
    VPC,
    FLOW_LOG,
    SUBNET,
    SECURITY_GROUP,
    NETWORK_ACL,
    NETWORK_ACL_ENTRY,
)
