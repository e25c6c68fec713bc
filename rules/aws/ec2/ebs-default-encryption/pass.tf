resource "aws_ebs_encryption_by_default" "this" {}

provider "aws" {
  alias  = "ireland"
  region = "eu-west-1"
}

resource "aws_ebs_encryption_by_default" "ireland" {
  provider = aws.ireland
  enabled  = true
}
