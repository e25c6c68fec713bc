resource "aws_vpc" "this" {
  for_each   = toset(["10.1.0.0/16", "10.2.0.0/16"])
  cidr_block = each.value
}

resource "aws_flow_log" "this" {
  for_each             = aws_vpc.this
  vpc_id               = each.value.id
  traffic_type         = "REJECT"
  log_destination_type = "s3"
  log_destination      = "arn:aws:s3:::acme-flow-logs"
}
