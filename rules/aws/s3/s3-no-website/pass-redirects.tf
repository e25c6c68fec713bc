# The bare domain sends visitors to the shop; nothing is served from here.
resource "aws_s3_bucket" "bare" {
  bucket = "acme.example"
}

resource "aws_s3_bucket_website_configuration" "bare" {
  bucket = aws_s3_bucket.bare.id

  redirect_all_requests_to {
    host_name = "www.acme.example"
    protocol  = "https"
  }
}
