# The tags that matter most are the ones left open.
resource "aws_ecr_repository" "shop" {
  name = "shop"
  image_tag_mutability = "IMMUTABLE_WITH_EXCLUSION"

  image_tag_mutability_exclusion_filter {
    filter      = "release-*"
    filter_type = "WILDCARD"
  }
}
