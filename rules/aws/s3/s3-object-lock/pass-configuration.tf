# Object lock was switched on for a bucket that had been made without.
resource "aws_s3_bucket" "evidence" {
  bucket = "acme-evidence"

  tags = {
    data = "audit-evidence"
  }
}

resource "aws_s3_bucket_object_lock_configuration" "evidence" {
  bucket = aws_s3_bucket.evidence.id

  rule {
    default_retention {
      mode = "COMPLIANCE"
      days = 365
    }
  }
}
