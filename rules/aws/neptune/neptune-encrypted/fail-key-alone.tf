# A key by itself encrypts nothing.
resource "aws_neptune_cluster" "fraud" {
  cluster_identifier = "fraud"
  kms_key_arn        = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
}
