resource "aws_default_security_group" "default" {
  vpc_id = "vpc-0a1b2c3d"

  # As AWS makes it: "only each other" is still everything that was forgotten.
  ingress {
    protocol  = "-1"
    self      = true
    from_port = 0
    to_port   = 0
  }
}
