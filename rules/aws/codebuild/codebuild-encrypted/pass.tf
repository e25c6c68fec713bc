resource "aws_codebuild_project" "shop" {
  name         = "shop"
  service_role = "arn:aws:iam::123456789012:role/build"

  artifacts {
    type     = "S3"
    location = "acme-builds"
  }

  secondary_artifacts {
    artifact_identifier = "report"
    type                = "S3"
    location            = "acme-reports"
  }


  environment {
    compute_type = "BUILD_GENERAL1_SMALL"
    image        = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
    type         = "LINUX_CONTAINER"
  }

  source {
    type     = "GITHUB"
    location = "https://github.com/acme/shop.git"
  }
}
