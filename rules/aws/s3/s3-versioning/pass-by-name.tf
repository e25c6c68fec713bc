# The two know each other by the bucket's name alone.
resource "aws_s3_bucket" "documents" {
  bucket = "acme-documents"
}

resource "aws_s3_bucket_versioning" "documents" {
  bucket = "acme-documents"

  versioning_configuration {
    status = "Enabled"
  }
}
