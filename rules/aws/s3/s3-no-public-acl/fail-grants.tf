# No canned ACL, and as public: “authenticated” is everyone who has an AWS account. New public ACLs are refused, which
# leaves those that stand.
resource "aws_s3_bucket" "assets" {
  bucket = "acme-assets"
}

resource "aws_s3_bucket_public_access_block" "assets" {
  bucket            = aws_s3_bucket.assets.id
  block_public_acls = true
}

data "aws_canonical_user_id" "current" {}

resource "aws_s3_bucket_acl" "assets" {
  bucket = aws_s3_bucket.assets.id

  access_control_policy {
    grant {
      permission = "WRITE"

      grantee {
        type = "Group"
        uri  = "http://acs.amazonaws.com/groups/s3/LogDelivery"
      }
    }

    grant {
      permission = "READ"

      grantee {
        type = "Group"
        uri  = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
      }
    }

    owner {
      id = data.aws_canonical_user_id.current.id
    }
  }
}
