# Without the type, the provider does not look at the key.
resource "aws_kinesis_stream" "clicks" {
  name            = "clicks"
  shard_count     = 2
  kms_key_id      = "alias/aws/kinesis"
}
