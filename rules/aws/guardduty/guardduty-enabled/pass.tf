resource "aws_guardduty_detector" "this" {
  enable = true
}

# Left out, it is on.
resource "aws_guardduty_detector" "ireland" {
  provider                     = aws.ireland
  finding_publishing_frequency = "FIFTEEN_MINUTES"
}

provider "aws" {
  alias  = "ireland"
  region = "eu-west-1"
}
