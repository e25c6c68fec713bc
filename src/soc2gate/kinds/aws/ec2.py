"""EC2, in three rooms: what computes, what connects, and who may connect."""

from __future__ import annotations

from soc2gate.kinds.aws.ec2_compute import INSTANCE, LAUNCH_TEMPLATE, VOLUME
from soc2gate.kinds.aws.ec2_groups import SECURITY_GROUP
from soc2gate.kinds.aws.ec2_network import FLOW_LOG, SUBNET, VPC
from soc2gate.kinds.describe import Kind

KINDS: tuple[Kind, ...] = (VOLUME, INSTANCE, LAUNCH_TEMPLATE, VPC, FLOW_LOG, SUBNET, SECURITY_GROUP)
